"""A graph without nodes."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", stated=True)
def empty_graph(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
