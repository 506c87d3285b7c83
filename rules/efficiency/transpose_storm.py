"""The layout flips between channels first and channels last again and again."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, rule

_TO_LAST: Final = ((0, 2, 3, 1), (0, 2, 3, 4, 1))
_TO_FIRST: Final = ((0, 3, 1, 2), (0, 4, 1, 2, 3))
_MANY: Final = 4


@rule(severity="info", dialects=("onnx",))
def transpose_storm(model: Model, ctx: Context) -> Iterator[Finding]:
    flips = [node for node in model.by_op.get("Transpose", ()) if _flips(node)]
    there = sum(node.get("perm", ()) in _TO_LAST for node in flips)
    if len(flips) < _MANY or not 0 < there < len(flips):
        return
    yield ctx.finding(
        flips[0],
        f"{len(flips)} Transpose nodes flip the layout between channels first and channels last ({there} there, "
        f"{len(flips) - there} back), the first of them {flips[0].label}: each copies a whole map",
        related=[(flips[1], "the next one"), (flips[-1], "the last one")],
        remedy="convert the model so that it keeps one layout (tf2onnx: `--inputs-as-nchw`), or let an "
        "optimiser push the "
        "Transpose nodes through elementwise operators until they cancel",
    )


def _flips(node: Node) -> bool:
    """Not of a stored tensor, which is turned once while loading."""
    return node.get("perm", ()) in (*_TO_LAST, *_TO_FIRST) and bool(node.inputs) and not node.inputs[0].value.stored
