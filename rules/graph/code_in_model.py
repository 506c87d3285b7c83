"""A layer whose work is Python code instead of layers."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True, dialects=("keras",))
def code_in_model(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
