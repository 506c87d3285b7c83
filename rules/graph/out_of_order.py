"""Nodes stand before those whose outputs they read."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def out_of_order(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
