"""Tokens attend to each other, and nothing says in which order they stand."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Order


@rule(severity="info", needs=(Order,))
def missing_positional(model: Model, ctx: Context) -> Iterator[Finding]:
    blind = ctx[Order].blind
    if blind is None:
        return
    table = model.by_op["Embedding"][0]
    yield ctx.finding(
        blind,
        f"{blind.label} compares tokens of {table.label} that carry no position, and no other layer knows one: every "
        "order of the same tokens gives the same answer",
        related=[(table, "the tokens are looked up here")],
        remedy="add an embedding of the positions to that of the tokens, or turn queries and keys by their position, "
        "unless the order means nothing",
    )
