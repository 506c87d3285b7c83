"""A table of positions has fewer rows than the sequence has steps."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, Value, rule
from netlint.facts import Shapes
from netlint.facts.walk import sole_source, transparent
from netlint.model import Shape, spell

#: Hand a stored table on as it is, or the first rows of it.
_PARTS: Final = frozenset({"Slice", "Identity", "Cast", "Unsqueeze", "aten::alias", "aten::detach"})


@rule(severity="error", on=("Embedding", "Gather", "Add"), needs=(Shapes,))
def position_table_too_short(node: Node, ctx: Context) -> Iterator[Finding]:
    if len(node.inputs) > 1:
        yield from _added(node, ctx) if node.op == "Add" else _looked_up(node, ctx)


def _looked_up(node: Node, ctx: Context) -> Iterator[Finding]:
    """Rows are taken by counting: 0, 1, 2, ..."""
    slots = (0, 1) if node.op == "Embedding" else (1, 0)
    indices, table = (node.inputs[slot].value for slot in slots)
    shape = ctx[Shapes][table]
    if not table.stored or not isinstance(shape, tuple) or len(shape) != 2 or node.get("axis", 0) != 0:
        return
    rows, counter = shape[0], sole_source(indices, transparent)
    if not isinstance(rows, int) or counter is None or counter.op != "Range":
        return
    counted = [ctx[Shapes].elements(edge.value) for edge in counter.inputs]
    if len(counted) != 3 or counted[0] != (0,) or counted[2] != (1,) or not counted[1]:
        return
    steps = counted[1][0]
    ends = [] if isinstance(steps, int) else [ctx.model.extents.get(str(steps), (None, None))[1]]
    longest = steps if isinstance(steps, int) else ends[0]
    if longest is None or longest <= rows:
        return
    how = f"{longest} positions" if isinstance(steps, int) else f"sequences of up to {longest} positions"
    yield ctx.finding(
        node.place("vocabulary"),
        f"{node.label} looks up {how} in a table of {rows} rows: the rows from {rows} on do not exist",
        related=[(counter, "counts the positions")],
        remedy=f"give the table {longest} rows, or cut the sequence to {rows} steps",
        # Shorter sequences work.
        severity=None if isinstance(steps, int) else "warning",
        node=node,
    )


def _added(node: Node, ctx: Context) -> Iterator[Finding]:
    """The table, or what a slice leaves of it, is added to the sequence."""
    if len(node.inputs) != 2:
        return
    tables = [_table(edge.value) for edge in node.inputs]
    if (tables[0] is None) == (tables[1] is None):
        return
    shapes = [ctx[Shapes][edge.value] for edge in node.inputs]
    slot = 0 if tables[0] is not None else 1
    table, rows, steps = tables[slot], _steps(shapes[slot]), _steps(shapes[1 - slot])
    if table is None or rows is None or steps is None or rows[1] != steps[1] or not 1 < rows[0] < steps[0]:
        return
    yield ctx.finding(
        node,
        f"{node.label} adds `{table.name}` {spell(table.shape)} to a sequence of {steps[0]} steps "
        f"({spell(shapes[1 - slot])}): the table has rows for {rows[0]}",
        related=[(edge.producer, "gives the sequence") for edge in (node.inputs[1 - slot],) if edge.producer],
        remedy=f"make the table {steps[0]} rows long, or cut the sequence to {rows[0]} steps",
    )


def _table(value: Value) -> Value | None:
    """The stored tensor of two axes (or three, the first of which is 1) that a value is, or is cut out of."""
    while value.producer is not None and value.producer.op in _PARTS and value.producer.inputs:
        value = value.producer.inputs[0].value
    if not value.stored:
        return None
    shape = value.shape
    plain = isinstance(shape, tuple) and (len(shape) == 2 or (len(shape) == 3 and shape[0] == 1))
    return value if plain else None


def _steps(shape: Shape) -> tuple[int, int] | None:
    """(steps, features) of a sequence."""
    if not isinstance(shape, tuple) or not 2 <= len(shape) <= 3:
        return None
    steps, features = shape[-2:]
    return (steps, features) if isinstance(steps, int) and isinstance(features, int) else None
