"""The optimiser was built without some of the module's trainable parameters."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", stated=True, dialects=("torch",))
def optimizer_missing_params(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
