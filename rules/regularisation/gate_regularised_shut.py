"""A penalty pulls a gate towards a value that its activation cannot reach."""

from collections.abc import Iterator
from typing import Final

from netlint import Attr, Context, Finding, Node, rule
from netlint.facts import Gates
from netlint.facts.gates import Gate

_TO_ZERO: Final = ("l1", "l2", "l1_l2")


@rule(severity="warning", on=("Mul",), needs=(Gates,))
def gate_regularised_shut(node: Node, ctx: Context) -> Iterator[Finding]:
    gate = ctx[Gates].of(node)
    if gate is None:
        return
    for layer in _penalised(gate):
        penalty = layer.attrs["activity_regularizer"]
        if penalty.value in _TO_ZERO:
            yield _shut(gate, layer, penalty, ctx)
        elif isinstance(penalty.value, str) and gate.squash.op == "Sigmoid":
            yield _elsewhere(gate, layer, penalty, ctx)


def _penalised(gate: Gate) -> Iterator[Node]:
    """Nodes whose penalty falls on the gate's factors: the layer whose own activation they are, or one behind it."""
    behind = [edge.node for value in gate.squash.outputs for edge in value.uses]
    for node in (gate.excite, *behind):
        own = node is gate.excite and node.name == gate.squash.name
        if "activity_regularizer" in node.attrs and (own or (node.op == "Identity" and node is not gate.excite)):
            yield node


def _shut(gate: Gate, node: Node, penalty: Attr, ctx: Context) -> Finding:
    return ctx.finding(
        node.place("activity_regularizer"),
        f"an {penalty.value} penalty pulls {gate.squash.label} towards 0, so that {gate.product.label} lets nothing "
        "through: "
        + (
            "a sigmoid only comes there as its input goes to minus infinity, where no gradient is left to open it again"
            if gate.squash.op == "Sigmoid"
            else "below -3 it is shut and has no gradient left to open again"
        ),
        related=[(gate.product, "the gate's factors are used here")],
        remedy="remove the penalty on the gate; regularise the weights instead",
        node=node,
    )


def _elsewhere(gate: Gate, node: Node, penalty: Attr, ctx: Context) -> Finding:
    return ctx.finding(
        node.place("activity_regularizer"),
        f"{penalty.value} pulls {gate.squash.label} towards a value that the file does not say: if that is 0 or 1, a "
        "sigmoid never reaches it, and the penalty drives its input to where it has no gradient",
        related=[(gate.product, "the gate's factors are used here")],
        remedy="start the gate where it should be, by its bias, instead of pulling it there",
        severity="info",
        node=node,
    )
