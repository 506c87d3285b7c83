"""`layer` and `layers` in one net."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("caffe",))
def mixed_dialect(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
