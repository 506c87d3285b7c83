"""A table has fewer rows than the indices that are looked up in it."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges, Shapes
from netlint.facts.walk import sole_source, transparent
from netlint.model import spell

_LOOKUPS: Final = ("keras::StringLookup", "keras::IntegerLookup", "keras::Hashing", "keras::Discretization")


@rule(severity="error", on=("Gather", "Embedding"), needs=(Ranges, Shapes), unless=("index-out-of-range",))
def embedding_rows(node: Node, ctx: Context) -> Iterator[Finding]:
    if node.op == "Embedding":
        yield from _beyond_the_vocabulary(node, ctx)
        return
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


def _beyond_the_vocabulary(node: Node, ctx: Context) -> Iterator[Finding]:
    """Indices that a lookup in the same file makes (Keras)."""
    rows, maker = node.get("vocabulary", 0), sole_source(node.inputs[0].value, transparent) if node.inputs else None
    if maker is None or maker.op not in _LOOKUPS or maker.get("output_mode", "int") != "int":
        return
    depth = maker.get("depth", 0)
    if not isinstance(rows, int) or not isinstance(depth, int) or not 0 < rows < depth:
        return
    yield ctx.finding(
        node.place("vocabulary"),
        f"{node.label} has {rows} rows, but {maker.label} gives indices up to {depth - 1}, those for unknown words "
        "included: the last ones are beyond the table",
        related=[(maker, "makes the indices")],
        remedy=f"give the table {depth} rows",
        node=node,
    )
