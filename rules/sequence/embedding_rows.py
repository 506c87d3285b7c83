"""A table has fewer rows than the indices that are looked up in it."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges, Shapes
from netlint.model import spell


@rule(severity="error", on=("Gather",), needs=(Ranges, Shapes), unless=("index-out-of-range",))
def embedding_rows(node: Node, ctx: Context) -> Iterator[Finding]:
    if len(node.inputs) < 2 or node.get("axis", 0) != 0:
        return
    table, index = node.inputs[:2]
    shape, known = ctx[Shapes][table.value], ctx[Ranges][index.value]
    rows = shape[0] if isinstance(shape, tuple) and len(shape) == 2 else None
    if not table.value.stored or not isinstance(rows, int) or not known.attained or known.constant:
        return
    if ctx[Shapes].elements(index.value) is not None or not rows <= known.high < float("inf"):
        return
    maker = ctx[Ranges].maker(index.value)
    by = maker.label if maker else f"`{index.value.name}`"
    yield ctx.finding(
        table,
        f"{node.label} looks rows up in `{table.value.name}` {spell(shape)}, but {by} gives indices up to "
        f"{known.high:g}: there are {rows} rows, from 0 to {rows - 1}",
        related=[(maker, "makes the indices")] if maker else [],
        remedy=f"give the table {known.high + 1:g} rows",
        node=node,
    )
