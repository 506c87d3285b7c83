"""A model whose layers are not in its file."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True, dialects=("keras",))
def opaque_model(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
