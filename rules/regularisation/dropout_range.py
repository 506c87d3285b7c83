"""A dropout ratio outside of 0 to 1."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges, Trainability


@rule(severity="error", on=("Dropout",), needs=(Ranges, Trainability))
def dropout_range(node: Node, ctx: Context) -> Iterator[Finding]:
    # An attribute, or in later operator sets of ONNX the second input.
    by_input = "ratio" not in node.attrs and len(node.inputs) > 1
    ratio = ctx[Ranges].number(node, 1) if by_input else node.get("ratio", 0.5)
    if not isinstance(ratio, int | float) or 0 <= ratio < 1:
        return
    learns = ctx[Trainability].learns
    yield ctx.finding(
        node.inputs[1] if by_input else node.place("ratio"),
        f"{node.label} has a ratio of {ratio:g}: {_cost(ratio) if learns else _IDLE.get(node.dialect, _NOTHING)}",
        remedy="use a ratio from 0 to below 1, such as 0.5"
        + ("" if learns else ", or remove the layer: the ratio is the share to drop, not the share to keep"),
        node=node,
    )


#: Outside of training the layer copies its input, whatever the ratio says.
_NOTHING: Final = "outside of training nothing is dropped, but whoever trains this further loses everything"
_IDLE: Final = {
    "caffe": "outside of training nothing is dropped, but a debug build of Caffe checks the ratio and stops",
    "onnx": "outside of training nothing is dropped, but the operator is only defined from 0 to below 1",
}


def _cost(ratio: int | float) -> str:
    if ratio < 0:
        return "a ratio cannot be negative"
    if ratio == 1:
        return "everything is dropped, and what is left is divided by 0"
    return "a ratio is the share of units to drop, not a percentage"
