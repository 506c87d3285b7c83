"""A Git LFS pointer stands where the file should be."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info", stated=True)
def lfs_pointer(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
