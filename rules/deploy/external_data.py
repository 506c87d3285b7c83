"""Stored elements in other files that are missing, too short or out of bounds."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def external_data(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
