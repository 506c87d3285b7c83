"""A column and a vector of one length broadcast to a square."""

from collections.abc import Iterator

from netlint import Context, Edge, Finding, Node, rule
from netlint.facts import Shapes
from netlint.facts.walk import reached
from netlint.model import Dim, Symbol, spell

#: Whoever writes one of these puts the 1 there on purpose.
_SHAPING = ("Unsqueeze", "Reshape", "Expand", "Transpose", "Tile", "Slice", "Flatten")


@rule(severity="warning", on=("Add", "Sub", "Mul", "Div", "MSELoss", "L1Loss"), needs=(Shapes,))
def silent_broadcast(node: Node, ctx: Context) -> Iterator[Finding]:
    # Losses that take a mean by themselves pair elements in their own way.
    if len(node.inputs) != 2 or (node.op.endswith("Loss") and node.get("reduction", "mean") != "none"):
        return
    shapes = ctx[Shapes]
    for column, row in (node.inputs, node.inputs[::-1]):
        a, b = shapes[column.value], shapes[row.value]
        if not isinstance(a, tuple) or not isinstance(b, tuple) or len(a) != 2 or len(b) != 1:
            continue
        if a[1] != 1 or a[0] != b[0] or a[0] == 1 or not isinstance(a[0], int | Symbol):
            continue
        if column.value.stored or row.value.stored or _shaped(column) or not _of_batch(a[0], column, row, shapes):
            continue
        yield ctx.finding(
            row,
            f"{node.label} joins `{column.value.name}` {spell(a)} and `{row.value.name}` {spell(b)}, which broadcast "
            f"to {spell((a[0], b[0]))}: every element meets every other one, not its own",
            related=[(edge.producer, f"gives {spell(shapes[edge.value])}") for edge in (column, row) if edge.producer],
            remedy=f"squeeze `{column.value.name}`, or give `{row.value.name}` a second axis of 1",
            node=node,
        )
        return


def _shaped(edge: Edge) -> bool:
    return edge.producer is not None and edge.producer.op in _SHAPING


def _of_batch(extent: Dim, column: Edge, row: Edge, shapes: Shapes) -> bool:
    """Both axes are the batch: they have one name, or all inputs of the model begin with this extent."""
    if isinstance(extent, Symbol):
        return True
    makers = [edge.producer for edge in (column, row) if edge.producer is not None]
    if len(makers) < 2 or makers[0] is makers[1]:
        return False
    inputs = [node for node in reached(makers, lambda other: other.predecessors) if node.op == "Input"]
    firsts = [shapes.output(node) for node in inputs]
    return len(inputs) > 1 and all(isinstance(first, tuple) and first[:1] == (extent,) for first in firsts)
