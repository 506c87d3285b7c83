"""An operator makes a tensor without elements."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="warning", stated=True, needs=(Shapes,))
def empty_tensor(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.tell(ctx[Shapes].problems("empty-tensor"))
