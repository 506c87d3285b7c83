"""More `param` than the layer has learned blobs."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("caffe",))
def too_many_params(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
