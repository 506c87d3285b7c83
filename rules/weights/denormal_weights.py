"""Stored weights below the normal range of their type."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, rule
from netlint.facts import Weights

#: Small 16-bit numbers are everyday, and hardware handles them.
_WIDE: Final = ("float32", "float64", "bfloat16")
_SHARE: Final = 0.01


@rule(severity="info", beyond=True, needs=(Weights,))
def denormal_weights(model: Model, ctx: Context) -> Iterator[Finding]:
    if not any(value.statistics and value.statistics.denormals for value in model.stored):
        return
    for weight in ctx[Weights].distinct():
        figures = weight.value.statistics
        if figures is None or weight.value.dtype not in _WIDE or figures.denormals <= _SHARE * figures.count:
            continue
        yield ctx.finding(
            weight.value,
            f"{figures.denormals:,} of {figures.count:,} elements of the {weight.role} `{weight.value.name}` of "
            f"{weight.node.label} are below the normal range of {weight.value.dtype} (down to {figures.smallest:.2g}): "
            "processors compute with them many times slower, or take them for zero",
            related=[(weight.node, "it is used here")],
            remedy="set them to zero: they add nothing to any output",
            node=weight.node,
        )
