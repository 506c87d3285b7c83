"""The solver names no net, two nets, or a file that is not there."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", fixes=("safe", "unsafe"), stated=True, dialects=("caffe",))
def solver_net_missing(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
