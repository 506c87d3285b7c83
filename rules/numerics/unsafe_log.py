"""The logarithm of a value that can be 0 or negative."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges
from netlint.facts.ranges import OFTEN, RARELY
from netlint.finding import Severity


@rule(severity="warning", on=("Log",), needs=(Ranges,))
def unsafe_log(node: Node, ctx: Context) -> Iterator[Finding]:
    # Caffe's Log has a base, a factor and a shift of its own.
    if not node.inputs or node.attrs:
        return
    ranges, value = ctx[Ranges], node.inputs[0].value
    arriving = ranges[value]
    below = arriving.attained and float("-inf") < arriving.low < 0
    if not below and (arriving.zeros < RARELY or ranges.cut_off(node)):
        return
    maker = ranges.maker(value)
    by = f"{maker.label} gives" if maker else f"`{value.name}` holds"
    severity: Severity | None = None
    if below:
        what = f"{by} {arriving}, and the logarithm of a negative number is NaN"
    elif arriving.zeros == OFTEN:
        what = f"{by} exactly 0 in ordinary operation, and the logarithm of 0 is minus infinity"
    else:
        what = (
            f"{by} 0 when everything it is made of is 0 (silence, padding, an empty mask), and the logarithm of 0 is "
        )
        what += "minus infinity"
        severity = "info"
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} reads `{value.name}` without a lower bound: {what}",
        related=[(maker, "makes it")] if maker and maker is not node else [],
        remedy="clip the argument from below at a small positive number, or add one to it",
        severity=severity,
        node=node,
    )
