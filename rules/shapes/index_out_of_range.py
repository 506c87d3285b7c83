"""An offset, index or rank that the value does not have."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,), unless=("position-table-too-short",))
def index_out_of_range(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.tell(ctx[Shapes].problems("index-out-of-range"))
