"""Batch normalisation over a batch of two."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Normalisation


@rule(severity="warning", needs=(Normalisation,))
def batchnorm_small_batch(_model: Model, ctx: Context) -> Iterator[Finding]:
    small = ctx[Normalisation].smallest
    if small is None or small.batch != 2:
        return
    yield ctx.finding(
        small.place,
        f"a batch of 2, and {small.node.label} takes its mean and variance from {small.count} values of these two "
        "samples: they vary from batch to batch, and the stored ones that are tested with are of another kind",
        related=[(small.node, "the smallest map that is normalised")],
        remedy="use a larger batch (`iter_size` does not help), or fine-tune with `use_global_stats: true`",
        severity="info" if small.count > 4096 else None,
        node=small.source,
    )
