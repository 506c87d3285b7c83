"""A domain is imported whose operators nothing uses."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True)
def unused_opset(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
