"""A field that holds one value is given several times."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def duplicate_field(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
