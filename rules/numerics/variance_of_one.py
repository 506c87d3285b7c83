"""An unbiased variance over a single element."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges
from netlint.facts.ranges import OFTEN


@rule(severity="error", on=("Div",), needs=(Ranges,))
def variance_of_one(node: Node, ctx: Context) -> Iterator[Finding]:
    ranges = ctx[Ranges]
    divisor = ranges.at(node, 1)
    if len(node.inputs) < 2 or not divisor.constant or divisor.zeros != OFTEN:
        return
    maker = node.inputs[0].value.producer
    # torch.var multiplies the mean of squares by n before it divides by n - 1.
    while maker is not None and maker.op in ("Mul", "Identity", "Cast") and maker.inputs:
        maker = next((edge.producer for edge in maker.inputs if edge.producer is not None), None)
    if maker is None or maker.op not in ("ReduceSum", "ReduceMean", "ReduceSumSquare") or ranges.count(maker) != 1:
        return
    yield ctx.finding(
        node.inputs[1],
        f"{node.label} divides the sum of {maker.label} by n - 1, and n is 1: the unbiased variance of a single "
        "element is 0 / 0, which is NaN",
        related=[(maker, "sums a single element")],
        remedy="take the variance over an axis of several elements, or divide by n",
        node=node,
    )
