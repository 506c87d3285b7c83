"""Loading a checkpoint would import or run code."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def unsafe_checkpoint(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
