"""An epsilon that half precision rounds to 0."""

from collections.abc import Iterator

from netlint import Context, Edge, Finding, Node, rule
from netlint.facts import Ranges

#: Half of the smallest subnormal 16-bit float: what is not above it becomes 0 (IEEE 754, round to nearest even).
_LOST = 2.0**-25

#: What an epsilon protects from 0, and where: the operator and the input.
_NEEDS_IT = {"Sqrt": 0, "Log": 0, "Reciprocal": 0, "Div": 1}


@rule(severity="error", beyond=True, on=("Add", "Max", "Clip"), needs=(Ranges,))
def fp16_eps_underflow(node: Node, ctx: Context) -> Iterator[Finding]:
    ranges = ctx[Ranges]
    half = bool(node.outputs) and node.outputs[0].dtype == "float16"
    will_be_half = not half and bool(ctx.model.task.profile == "fp16")
    if not (half or will_be_half) or not any(_protects(node, after) for after in node.successors):
        return
    for slot, number in _constants(node, ranges):
        other = ranges.at(node, 1 - slot if node.op != "Clip" else 0)
        # A 0 that bounds or shifts what is never negative does nothing: it was an epsilon once.
        rounded = half and number == 0 and other.low >= 0 and not other.constant
        if not rounded and not 0 < number <= _LOST:
            continue
        protected = next(after for after in node.successors if _protects(node, after))
        edge: Edge | Node = node.inputs[slot] if slot < len(node.inputs) else node
        yield ctx.finding(
            edge,
            f"{node.label} keeps {protected.label} away from 0 with "
            + ("a constant that has already been rounded to 0" if rounded else f"{number:g}, which becomes 0")
            + " in half precision, whose smallest number is 6e-08",
            related=[(protected, "is no longer protected")],
            remedy="use an epsilon of 1e-4 or so, or compute this part in float32",
            node=node,
        )
        return


def _constants(node: Node, ranges: Ranges) -> Iterator[tuple[int, float]]:
    """The slot and the number of each constant operand; of a Clip the lower bound alone."""
    slots = (1,) if node.op == "Clip" else range(len(node.inputs))
    for slot in slots:
        number = ranges.number(node, slot, "min" if node.op == "Clip" else "")
        if number is not None:
            yield slot, number


def _protects(node: Node, after: Node) -> bool:
    if after.op == "Pow":
        return bool(after.inputs) and after.inputs[0].producer is node
    slot = _NEEDS_IT.get(after.op)
    return slot is not None and slot < len(after.inputs) and after.inputs[slot].producer is node
