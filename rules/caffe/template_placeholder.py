"""A template whose placeholders are still to be filled in."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True, dialects=("caffe",))
def template_placeholder(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
