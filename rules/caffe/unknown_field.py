"""A field that its message does not have."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", fixes=("safe", "unsafe"), stated=True, dialects=("caffe",))
def unknown_field(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
