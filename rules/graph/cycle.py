"""Nodes feed each other in a circle."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def cycle(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
