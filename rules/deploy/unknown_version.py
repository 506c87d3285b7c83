"""A version of the format or of the operators that does not exist yet."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="warning", stated=True)
def unknown_version(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
