"""Kernel, stride, padding or axis given in a way that the layer refuses."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,))
def invalid_geometry(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    yield from ctx.tell(ctx[Shapes].problems("invalid-geometry"))
