"""A solver type that refuses a momentum, or two types."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("caffe",))
def solver_momentum(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
