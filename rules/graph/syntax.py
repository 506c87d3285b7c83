"""Not valid protobuf text."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def syntax(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
