"""A layer's stored weight is made for another number of input channels."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,))
def channel_mismatch(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.tell(ctx[Shapes].problems("channel-mismatch"))
