"""An operator that the declared opset does not have yet."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def operator_newer_than_opset(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
