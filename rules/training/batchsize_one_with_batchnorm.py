"""Batch normalisation over a single sample."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Normalisation


@rule(severity="warning", needs=(Normalisation,))
def batchsize_one_with_batchnorm(_model: Model, ctx: Context) -> Iterator[Finding]:
    small = ctx[Normalisation].smallest
    if small is None or small.batch != 1 or small.count > 4096:
        return
    if small.count == 1:
        effect = "the mean is the value itself and every output is 0: nothing passes"
    else:
        effect = (
            f"it normalises by {small.count} values of one sample, which says nothing of the samples it is tested on"
        )
    yield ctx.finding(
        small.place,
        f"a batch of 1, and {small.node.label} takes its mean and variance from it: {effect}",
        related=[(small.node, "the smallest map that is normalised")],
        remedy="use a larger batch (`iter_size` does not help), or fine-tune with `use_global_stats: true`",
        severity="error" if small.count == 1 else None,
        node=small.source,
    )
