"""A declared output is made by nothing."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def missing_output(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
