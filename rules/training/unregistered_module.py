"""Layers in a plain list or dictionary of a module: nobody trains, saves or moves them."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("torch",))
def unregistered_module(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
