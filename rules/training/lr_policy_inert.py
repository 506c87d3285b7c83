"""A learning rate policy without the parameter that it needs, or none at all."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("caffe",))
def lr_policy_inert(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
