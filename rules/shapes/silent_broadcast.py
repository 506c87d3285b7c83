"""A column and a vector of one length broadcast to a square."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Crossings, Shapes
from netlint.model import spell


@rule(
    severity="warning",
    on=("Add", "Sub", "Mul", "Div", "MSELoss", "L1Loss"),
    needs=(Crossings, Shapes),
    unless=("loss-target-broadcast",),
)
def silent_broadcast(node: Node, ctx: Context) -> Iterator[Finding]:
    # Losses that take a mean by themselves pair elements in their own way.
    if node.op.endswith("Loss") and node.get("reduction", "mean") != "none":
        return
    pair = ctx[Crossings].of(node)
    if pair is None:
        return
    column, row = pair
    shapes = ctx[Shapes]
    a, b = shapes[column.value], shapes[row.value]
    square = (*a[:1], *b) if isinstance(a, tuple) and isinstance(b, tuple) else a
    yield ctx.finding(
        row,
        f"{node.label} joins `{column.value.name}` {spell(a)} and `{row.value.name}` {spell(b)}, which broadcast "
        f"to {spell(square)}: every element meets every other one, not its own",
        related=[(edge.producer, f"gives {spell(shapes[edge.value])}") for edge in (column, row) if edge.producer],
        remedy=f"squeeze `{column.value.name}`, or give `{row.value.name}` a second axis of 1",
        node=node,
    )
