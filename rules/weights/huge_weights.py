"""Stored weights of a size that no training gives."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, rule
from netlint.facts import Weights
from netlint.facts.weights import FLOATS

_LIMIT: Final = 1e6


@rule(severity="warning", beyond=True, needs=(Weights,))
def huge_weights(model: Model, ctx: Context) -> Iterator[Finding]:
    if not any(value.statistics for value in model.stored):
        return
    for weight in ctx[Weights].distinct():
        figures = weight.value.statistics
        if figures is None or weight.value.dtype not in FLOATS or weight.role not in ("weight", "bias", "scale"):
            continue
        largest = max(figures.high, -figures.low)
        if largest > _LIMIT:
            yield ctx.finding(
                weight.value,
                f"the {weight.role} `{weight.value.name}` of {weight.node.label} holds elements up to {largest:.3g}: "
                "no sound training gives such, and one of them drowns all the others",
                related=[(weight.node, "it is used here")],
                remedy="take an earlier checkpoint, or look whether the file was written with another type or "
                "byte order",
                node=weight.node,
            )
