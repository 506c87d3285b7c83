"""A field without which a model cannot be read is not there."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def missing_field(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
