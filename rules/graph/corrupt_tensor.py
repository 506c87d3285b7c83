"""A stored tensor cannot be what its shape and type say."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def corrupt_tensor(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
