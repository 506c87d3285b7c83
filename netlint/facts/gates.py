"""Squeeze-and-excitation gates: a map pooled to one value a channel, two small layers, a factor for each channel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.walk import sole_source, transparent
from netlint.model import Model, Node, Value
from netlint.ops import operator

_SQUASHES: Final = ("Sigmoid", "HardSigmoid")
_POOLS: Final = ("GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "AveragePool")


@dataclass(frozen=True, slots=True)
class Gate:
    """One gate: `squash` makes its factors from what `excite` gives, `squeeze` is the first layer behind the pooling,
    and `product` multiplies the map with them."""

    squash: Node
    excite: Node
    squeeze: Node
    product: Node

    @property
    def residual(self) -> bool:
        """What the gate lets through is added to something else, which a closed gate leaves as it is."""
        return all(edge.node.op in ("Add", "Sum") for value in self.product.outputs for edge in value.uses)


class Gates(Fact):
    """Gates whose factors are computed from the very map that they scale (Hu et al., arXiv:1709.01507)."""

    def __init__(self, model: Model, _facts: Facts) -> None:
        self.all: list[Gate] = []
        for node in model.by_op.get("Mul", ()):
            if len(node.inputs) == 2:
                for mine, other in (node.inputs, node.inputs[::-1]):
                    squash = sole_source(mine.value, transparent)
                    if squash is not None and squash.op in _SQUASHES and squash.inputs:
                        gate = _gate(node, squash, other.value)
                        if gate is not None:
                            self.all.append(gate)
                            break

    def of(self, product: Node) -> Gate | None:
        """The gate whose factors this product applies."""
        return next((gate for gate in self.all if gate.product is product), None)

    def squeezed_by(self, node: Node) -> Gate | None:
        """The gate of which this layer is the first, or the only one."""
        return next((gate for gate in self.all if gate.squeeze is node), None)


def _gate(product: Node, squash: Node, scaled: Value) -> Gate | None:
    layers: list[Node] = []
    node = squash
    for _ in range(12):
        before = node.inputs[0].value if node.inputs else None
        if before is None or before.producer is None:
            return None
        node = before.producer
        if node.op in _POOLS:
            same = bool(node.inputs) and node.inputs[0].value is scaled
            return Gate(squash, layers[0], layers[-1], product) if layers and same else None
        kind = operator(node.op).kind
        if kind == "weighted" and node.params:
            layers.append(node)
        elif kind not in ("activation", "normalisation", "dropout") and not transparent(node):
            return None
    return None
