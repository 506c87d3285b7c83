"""Dense layers run over an image's last axis, because nothing flattens it."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import UnflattenedHeads
from netlint.model import Dim, spell


@rule(severity="error", on=("Gemm",), needs=(UnflattenedHeads,), unless=("dense-on-feature-map",))
def missing_flatten(node: Node, ctx: Context) -> Iterator[Finding]:
    for found in ctx[UnflattenedHeads].of(node):
        if found.labels is not None:
            # One label a sample, as a number or one-hot.
            if found.labels <= 2 < len(found.answers):
                yield ctx.finding(
                    found.head,
                    f"{found.head.label} reads {spell(found.shape)} and works on its last axis only: "
                    f"{found.loss.label} gets answers {spell(found.answers)}, but one label a sample",
                    related=[(found.loss, "answers and labels meet here")],
                    remedy="flatten the features before the dense layers",
                )
        elif found.pointwise and _picture(found.image):
            yield ctx.finding(
                found.first,
                f"{found.first.label} reads images {spell(found.image)} without a Flatten, so it works on their last "
                f"axis only, and nothing behind it looks further: {found.loss.label} gets answers "
                f"{spell(found.answers)} instead of one a sample",
                related=[(found.loss, "the loss wants a label for every position")],
                remedy="put a Flatten before the first dense layer",
                severity="warning",
            )


def _picture(shape: tuple[Dim, ...]) -> bool:
    """An image of 8 pixels or more each way: with 1, 3 or 4 channels, or square and without any."""
    sides = shape[1:3]
    if not all(isinstance(side, int) and side >= 8 for side in sides):
        return False
    return shape[3] in (1, 3, 4) if len(shape) == 4 else len(shape) == 3 and sides[0] == sides[1]
