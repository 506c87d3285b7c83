"""A layer reads a value that nothing produces in this phase."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="error", fixes=("safe", "unsafe"), stated=True)
def unknown_bottom(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
