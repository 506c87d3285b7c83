"""An operator that the declared opset has withdrawn."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def deprecated_operator(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
