"""A layer gets a value with a number of axes that it refuses."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,), unless=("stacked-rnn-without-sequences",))
def rank_mismatch(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.tell(ctx[Shapes].problems("rank-mismatch"))
