"""Two layers produce one value."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def duplicate_top(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
