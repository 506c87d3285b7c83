"""A local function that nothing calls."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True)
def unused_function(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
