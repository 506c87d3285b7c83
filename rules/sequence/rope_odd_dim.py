"""Rotary position embedding of an odd number of features."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,))
def rope_odd_dim(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.tell(ctx[Shapes].problems("rope-odd-dim"))
