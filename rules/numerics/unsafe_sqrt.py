"""The square root of a value that can be negative, or 0 while training."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import GradientFlow, Ranges
from netlint.facts.ranges import RARELY


@rule(severity="warning", on=("Sqrt",), needs=(GradientFlow, Ranges))
def unsafe_sqrt(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    ranges, value = ctx[Ranges], node.inputs[0].value
    arriving, maker = ranges[value], ranges.maker(value)
    by = maker.label if maker else f"`{value.name}`"
    if arriving.attained and float("-inf") < arriving.low < 0:
        what = f"{by} gives {arriving}, and the square root of a negative number is NaN"
        remedy = "clip the argument at 0, or check its sign"
    elif ranges.difference_of_means(value):
        what = (
            f"{by} subtracts the squared mean from the mean of squares: where the values hardly differ, rounding makes "
            "this slightly negative, and the root is NaN"
        )
        remedy = "average the squared distances from the mean, or clip the difference at 0 and add an epsilon"
    elif arriving.low >= 0 and arriving.zeros >= RARELY and ctx[GradientFlow].passes(node) and not arriving.constant:
        what = f"{by} can give 0, where the slope of the root is infinite: one such element turns the gradients to NaN"
        remedy = "add a small epsilon inside the root"
    else:
        return
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} reads `{value.name}`: {what}",
        related=[(maker, "makes it")] if maker and maker is not node else [],
        remedy=remedy,
        node=node,
    )
