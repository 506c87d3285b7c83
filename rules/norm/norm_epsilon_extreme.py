"""A normaliser's epsilon that does nothing, or too much."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import write

#: What a 16-bit float rounds to 0 (half of its smallest subnormal).
_LOST = 2.0**-25


@rule(
    severity="warning",
    fixes=("unsafe",),
    on=(
        *("BatchNormalization", "InstanceNormalization", "GroupNormalization", "LayerNormalization"),
        *("RMSNormalization", "SimplifiedLayerNormalization", "MeanVarianceNormalization"),
    ),
)
def norm_epsilon_extreme(node: Node, ctx: Context) -> Iterator[Finding]:
    attr = node.attrs.get("epsilon") or node.attrs.get("eps")
    if attr is None or not isinstance(attr.value, int | float):
        return
    epsilon = float(attr.value)
    if epsilon <= 0:
        what = "a constant channel or sample is divided by 0"
        if epsilon < 0:
            what = "a variance below it has no square root"
    elif epsilon >= 0.2:
        what = (
            f"it is added to the variance, and shrinks what has a variance of 1 to {(1 + epsilon) ** -0.5:.2f}, "
            "smaller signals much more"
        )
    elif epsilon <= _LOST and _computes_in_half(node, ctx):
        what = "it rounds to 0 in half precision, and a constant channel or sample is divided by 0"
    else:
        return
    yield ctx.finding(
        node.place("epsilon", "eps"),
        f"{node.label} has an epsilon of {epsilon:g}: {what}",
        remedy="use 1e-5, or 1e-3 in half precision",
        edits=write(attr, "1e-5"),
        applicability="unsafe",
        node=node,
    )


def _computes_in_half(node: Node, ctx: Context) -> bool:
    # Layer normalisation computes in the type of its stash_type, float32 unless said otherwise.
    if node.op in ("LayerNormalization", "RMSNormalization", "GroupNormalization", "SimplifiedLayerNormalization"):
        return node.get("stash_type", 1) == 10
    dtype = node.outputs[0].dtype if node.outputs else ""
    return dtype == "float16" or (dtype == "float32" and ctx.model.task.profile == "fp16")
