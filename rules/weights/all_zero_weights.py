"""A stored weight that is zero throughout."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Weights
from netlint.model import spell
from netlint.ops import operator


@rule(severity="warning", beyond=True, needs=(Weights,))
def all_zero_weights(model: Model, ctx: Context) -> Iterator[Finding]:
    if not any(value.statistics for value in model.stored):
        return
    for weight in ctx[Weights].distinct():
        figures = weight.value.statistics
        if figures is None or not weight.matrix or figures.zeros != figures.count or _joins_a_sum(weight.node):
            continue
        yield ctx.finding(
            weight.value,
            f"the weight `{weight.value.name}` ({spell(weight.value.shape)}) of {weight.node.label} is zero "
            "throughout: "
            "whatever comes in, the layer gives the same",
            related=[(weight.node, "the weight is used here")],
            remedy="look whether the checkpoint holds this layer at all, or remove the layer",
            node=weight.node,
        )


def _joins_a_sum(node: Node) -> bool:
    """The layer's output is added to a computed value: residual branches and low-rank adapters start at zero on
    purpose, and stay there where they were not needed."""
    while True:
        edges = [edge for value in node.outputs for edge in value.uses]
        if len(edges) != 1:
            return False
        edge = edges[0]
        node = edge.node
        others = [other.value for other in node.inputs if other is not edge]
        if node.op in ("Add", "Sum"):
            if not all(other.stored for other in others):
                return True
        # Scaling by a constant, as adapters do.
        elif not (
            operator(node.op).transparent
            or operator(node.op).kind in ("normalisation", "affine")
            or (node.op in ("Mul", "Div") and all(other.stored for other in others))
        ):
            return False
