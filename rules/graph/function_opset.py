"""A local function uses another opset than the model, and an operator changed between them."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def function_opset(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
