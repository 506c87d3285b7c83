"""A file that cannot be read as the format it claims."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def unreadable_model(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
