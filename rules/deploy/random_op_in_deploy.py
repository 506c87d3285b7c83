"""Random numbers on the way to an output of a finished model."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Liveness, Trainability
from netlint.ops import operator

_RANDOM: Final = (
    *("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike"),
    *("Bernoulli", "Multinomial"),
)
#: What makes zeros and ones of uniform numbers.
_THRESHOLDS: Final = frozenset(("Less", "Greater", "LessOrEqual", "GreaterOrEqual", "Floor", "Ceil"))
_SCALING: Final = frozenset(("Add", "Sub", "Mul", "Div", "Not"))


@rule(severity="warning", on=_RANDOM, needs=(Liveness, Trainability), dialects=("onnx",))
def random_op_in_deploy(node: Node, ctx: Context) -> Iterator[Finding]:
    if not ctx[Trainability].finished or ctx[Liveness].dead(node):
        return
    masked = _mask_of(node)
    if masked is not None:
        yield ctx.finding(
            node,
            f"{node.label} makes a random mask that {masked.label} multiplies the signal with: dropout or stochastic "
            "depth, written out and left in, so that the same input gives another answer each time",
            related=[(masked, "the mask is applied here")],
            remedy="export the model in evaluation mode",
        )
    elif "seed" not in node.attrs:
        yield ctx.finding(
            node,
            f"outputs of the model depend on {node.label}: the same input gives another answer each time",
            remedy="make the noise an input, or export in evaluation mode where it only belongs to training; "
            "a model that samples is meant so",
            severity="info",
        )


def _mask_of(node: Node) -> Node | None:
    """The product that applies zeros and ones drawn by this node to a computed value; None where it draws others."""
    binary = node.op == "Bernoulli"
    while True:
        edges = [edge for value in node.outputs for edge in value.uses]
        if len(edges) != 1:
            return None
        edge = edges[0]
        node = edge.node
        others = [other.value for other in node.inputs if other is not edge]
        if node.op == "Mul" and binary and any(not other.stored for other in others):
            return node
        binary = binary or node.op in _THRESHOLDS
        moved = operator(node.op).transparent and edge.slot == 0
        if not moved and not (node.op in _SCALING | _THRESHOLDS and all(_given(other.producer) for other in others)):
            return None


def _given(maker: Node | None) -> bool:
    """A constant, or one that is spread to a shape."""
    return maker is None or (maker.op in ("ConstantOfShape", "Cast", "Expand") and _given(_first(maker)))


def _first(node: Node) -> Node | None:
    return node.inputs[0].value.producer if node.inputs and node.op != "ConstantOfShape" else None
