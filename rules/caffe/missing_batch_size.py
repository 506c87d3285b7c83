"""A data layer without `batch_size`."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("caffe",))
def missing_batch_size(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
