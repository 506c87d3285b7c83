"""BatchNorm's statistics are given learning rates, or too few of them."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", stated=True, dialects=("caffe",))
def batchnorm_param_spec(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
