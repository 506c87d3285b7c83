"""Stored weights that are graph inputs, too, and so cannot be folded."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True)
def weights_as_inputs(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
