"""Element types that an operator does not take, or that contradict each other."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,))
def type_mismatch(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    yield from ctx.tell(ctx[Shapes].problems("type-mismatch"))
