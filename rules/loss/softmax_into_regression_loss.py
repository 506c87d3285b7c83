"""Softmax output is trained with a regression loss."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Semantics


@rule(severity="warning", on=("MSELoss", "L1Loss"), needs=(Semantics,))
def softmax_into_regression_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    sides = ctx[Semantics].sides(node)
    if sides is None:
        return
    prediction, target = sides
    meaning = ctx[Semantics].of(prediction.value)
    if meaning.squash == "softmax" and meaning.by is not None:
        yield ctx.finding(
            prediction,
            f"{node.label} measures the distance between the probabilities of {meaning.by.label} and "
            f"`{target.value.name}`: where the softmax is confident and wrong its slope is nearly 0, so the worst "
            "mistakes give the smallest gradients",
            related=[(meaning.by, "softmax is applied here")],
            remedy="classify with SoftmaxWithLoss on what the softmax reads; for a real regression drop the softmax",
        )
