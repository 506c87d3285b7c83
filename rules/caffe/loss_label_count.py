"""Predictions and labels that do not match in number."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes


@rule(severity="error", stated=True, needs=(Shapes,))
def loss_label_count(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.tell(ctx[Shapes].problems("loss-label-count"))
