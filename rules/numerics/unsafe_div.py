"""Division by a value that can be 0."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges
from netlint.facts.ranges import OFTEN, RARELY
from netlint.finding import Severity


@rule(severity="warning", on=("Div", "Reciprocal"), needs=(Ranges,), unless=("variance-of-one",))
def unsafe_div(node: Node, ctx: Context) -> Iterator[Finding]:
    slot = 1 if node.op == "Div" else 0
    if slot >= len(node.inputs):
        return
    ranges, edge = ctx[Ranges], node.inputs[slot]
    divisor = ranges[edge.value]
    # What a Where replaces afterwards does no harm.
    if divisor.zeros < RARELY or (not divisor.constant and ranges.cut_off(node)):
        return
    maker = ranges.maker(edge.value)
    related = [(maker, "makes the divisor")] if maker and maker is not node else []
    severity: Severity | None = None
    if divisor.constant or (edge.value.stored and divisor.zeros == OFTEN):
        some = "" if divisor.constant else " in some places"
        severity = "error"
        what = f"{node.label} divides by `{edge.value.name}`, which is the constant 0{some}: nothing but infinity and "
        what += "NaN comes out"
    elif divisor.zeros == OFTEN:
        what = f"{node.label} divides by `{edge.value.name}`, and {_by(maker)} gives exactly 0 in ordinary operation: "
        what += "the result is infinity, or NaN for 0 / 0"
    else:
        severity = "info"
        what = f"{node.label} divides by `{edge.value.name}`, which is 0 when everything that {_by(maker)} reads is 0 "
        what += "(an empty mask, a vector of zeros): the result is NaN"
    yield ctx.finding(
        edge,
        what,
        related=related,
        remedy="write the divisor that is meant"
        if severity == "error"
        else "add a small epsilon to the divisor, or clip it from below",
        severity=severity,
        node=node,
    )


def _by(maker: Node | None) -> str:
    return maker.label if maker else "its maker"
