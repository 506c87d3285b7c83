"""A declared shape is not the one that the operators give."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,))
def declared_shape_contradicted(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    yield from ctx.tell(ctx[Shapes].problems("declared-shape-contradicted"))
