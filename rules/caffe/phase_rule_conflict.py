"""A layer with both `include` and `exclude` rules."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True, dialects=("caffe",))
def phase_rule_conflict(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
