"""An operator's domain has no version in the model."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", stated=True)
def domain_not_imported(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
