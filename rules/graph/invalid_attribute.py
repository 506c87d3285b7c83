"""An attribute is missing, unknown, given twice or of the wrong kind."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def invalid_attribute(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
