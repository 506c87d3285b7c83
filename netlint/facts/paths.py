"""Chains between weighted layers, and partners: what stands directly before and after a node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.walk import Passes, downstream, reached, sole_source, transparent, upstream
from netlint.model import Edge, Model, Node
from netlint.ops import operator


def weighted(node: Node) -> bool:
    """A layer that multiplies with weights of its own; a product of two computed values (attention) is none."""
    return bool(node.params) and operator(node.op).kind == "weighted"


def _within_layer(node: Node) -> bool:
    """Everything between two weighted layers or before a loss: a walk through it stays in one layer."""
    described = operator(node.op)
    return bool(described.name) and described.kind not in ("weighted", "loss", "metric", "sink", "source")


_RECTIFYING: Final = ("Relu", "LeakyRelu", "PRelu", "Elu", "Clip", "Relu6")


def _hands_on(node: Node) -> bool:
    # What a branch of an If makes is what the If makes.
    return transparent(node) or node.op == "If"


class Paths(Fact):
    """Neighbourhoods of a node, seen through what does not matter to the question."""

    def __init__(self, model: Model, _facts: Facts) -> None:
        self.weighted: list[Node] = [node for node in model.nodes if weighted(node)]
        self._by_op = model.by_op
        self._ends: dict[Node, tuple[Edge, ...]] = {}

    def ends(self, node: Node) -> tuple[Edge, ...]:
        """Where this layer's signal goes next: edges into weighted layers, losses, metrics, sinks or unknown
        operators, behind activations, norms, pooling and joins."""
        if node not in self._ends:
            self._ends[node] = tuple(downstream(node.outputs, _within_layer))
        return self._ends[node]

    def onward(self, node: Node, passes: Passes) -> tuple[Edge, ...]:
        """Where the node's outputs arrive, seen through the nodes that `passes` lets through."""
        return tuple(downstream(node.outputs, passes))

    def leads_to(self, node: Node, *ops: str) -> Node | None:
        """A node of one of these operators that the node's signal reaches at all, the first in execution order."""
        found = reached([node], lambda other: other.successors)
        return next((other for op in ops for other in self._by_op.get(op, ()) if other in found), None)

    def is_head(self, node: Node) -> bool:
        """The last weighted layer before a loss: some path to a loss crosses no other weights."""
        return any(operator(edge.node.op).loss is not None for edge in self.ends(node))

    def before(self, node: Node) -> Iterator[Node]:
        """The weighted layers (or sources, or unknown operators) whose signal arrives at this node's first input."""
        if node.inputs:
            yield from upstream(node.inputs[0].value, _within_layer)

    def only_successor(self, node: Node) -> Node | None:
        """The single consumer of the node's only output; None when there are several or none."""
        uses = [edge.node for value in node.outputs for edge in value.uses]
        return uses[0] if len(uses) == 1 else None

    def suited_start(self, node: Node) -> str:
        """How random weights before this layer's activation are best scaled: `kaiming` before a ReLU and its kin, which
        drop half of what they get, else `xavier`."""
        after = self.only_successor(node)
        while after is not None and operator(after.op).kind in ("normalisation", "affine", "dropout"):
            after = self.only_successor(after)
        return "kaiming" if after is not None and after.op in _RECTIFYING else "xavier"

    def is_final_squash(self, node: Node) -> bool:
        """A softmax or sigmoid that nothing but losses, metrics and the outside world reads: no gate, no attention."""
        return all(
            operator(edge.node.op).kind in ("loss", "metric", "sink") or edge.node.op == "ArgMax"
            for edge in self.onward(node, _hands_on)
        )

    def direct_source(self, edge: Edge) -> Node | None:
        """The one node whose elements arrive over `edge`, behind reshapes and dropout; None when there are several."""
        return sole_source(edge.value, transparent)
