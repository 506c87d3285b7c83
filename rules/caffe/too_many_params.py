"""More `param` than the layer has learned blobs."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.edits import remove_from


@rule(severity="error", fixes=("unsafe",), stated=True, dialects=("caffe",))
def too_many_params(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems(lambda problem: remove_from(problem.place), "unsafe")
