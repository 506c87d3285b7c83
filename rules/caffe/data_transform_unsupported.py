"""A data layer refuses or ignores the transformation that it is given."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("caffe",))
def data_transform_unsupported(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
