"""A filler that Caffe does not know."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", fixes=("safe", "unsafe"), stated=True, dialects=("caffe",))
def unknown_filler(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
