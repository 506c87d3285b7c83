"""A layer with a wrong number of bottoms or tops."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def bottom_count(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
