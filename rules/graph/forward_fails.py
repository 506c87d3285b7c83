"""A module in memory whose `forward` raises on the inputs that it is linted with."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(
    severity="error",
    stated=True,
    dialects=("torch",),
    unless=(
        *("channel-mismatch", "dense-input-mismatch", "empty-tensor", "group-not-dividing", "heads-not-dividing"),
        *("index-out-of-range", "invalid-geometry", "kernel-exceeds-input", "matmul-mismatch", "merge-shape-mismatch"),
        *("rank-mismatch", "reshape-element-count", "residual-add-mismatch", "spatial-collapse"),
        *("split-size-mismatch", "type-mismatch", "embedding-of-floats", "position-table-too-short"),
    ),
)
def forward_fails(_model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
