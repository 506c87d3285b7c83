"""A layer type that the framework does not define."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", fixes=("safe", "unsafe"), stated=True)
def unknown_layer_type(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
