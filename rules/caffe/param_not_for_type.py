"""A block of parameters that the layer's type never reads."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", stated=True, dialects=("caffe",))
def param_not_for_type(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
