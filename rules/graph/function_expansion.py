"""Local functions call themselves, or come to too many nodes."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def function_expansion(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
