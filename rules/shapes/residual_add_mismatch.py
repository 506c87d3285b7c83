"""A sum of two branches of different shape."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,), unless=("position-table-too-short",))
def residual_add_mismatch(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.tell(ctx[Shapes].problems("residual-add-mismatch"))
