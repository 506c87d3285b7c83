"""A learning rate schedule that never acts."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", stated=True, dialects=("caffe",))
def solver_schedule_inert(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
