"""A comment that silences nothing."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", fixes=("safe", "unsafe"), stated=True)
def unused_suppression(_model: Model, ctx: Context) -> Iterator[Finding]:
    # The engine, which holds findings and comments against each other, tells these at the end of the run.
    yield from ctx.problems()
