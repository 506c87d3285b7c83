"""Two normalisers follow each other with nothing between."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts.walk import sole_source
from netlint.ops import operator

_NORMALISERS: Final = (
    "BatchNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "InstanceNormalization",
    "GroupNormalization",
)


@rule(severity="info", on=_NORMALISERS)
def double_normalisation(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    first = sole_source(node.inputs[0].value, _between)
    # Of two kinds one may look at the features of a sample and the other at the batch.
    if first is None or first.op != node.op or first.get("axis", -1) != node.get("axis", -1):
        return
    # Who else reads the first one (a residual connection) may need it.
    if sum(len(value.uses) for value in first.outputs) != 1:
        return
    yield ctx.finding(
        node,
        f"{node.label} normalises what {first.label} has normalised already: the second one only undoes the learned "
        "scale and shift of the first",
        related=[(first, "the first normaliser")],
        remedy="remove one of the two",
    )


def _between(node: Node) -> bool:
    return node.op == "Identity" or operator(node.op).kind == "affine"
