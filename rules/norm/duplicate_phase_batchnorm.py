"""TRAIN and TEST copies of a BatchNorm only switch what the phase switches anyway."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True, dialects=("caffe",))
def duplicate_phase_batchnorm(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
