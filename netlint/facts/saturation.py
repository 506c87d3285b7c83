"""Runs of layers whose activations flatten out at both ends."""

from __future__ import annotations

from typing import Final

from netlint.authoring import Fact, Facts
from netlint.model import Model, Node
from netlint.ops import operator

#: Between a layer and its activation, and back: whatever neither normalises nor joins.
_BETWEEN: Final = ("activation", "weighted", "layout", "dropout", "pooling")


class Saturation(Fact):
    """Chains in which one sigmoid after the other squashes the signal, each behind a weighted layer, with no
    normaliser, no shortcut and no other nonlinearity between."""

    def __init__(self, model: Model, _facts: Facts) -> None:
        #: For each sigmoid the number of them in the chain that it ends, itself included, and the first one.
        lengths: dict[Node, tuple[int, Node]] = {}
        followed: set[Node] = set()
        for node in model.by_op.get("Sigmoid", ()):
            before = _sigmoid_before(node)
            if before is not None and before in lengths:
                count, first = lengths[before]
                lengths[node] = (count + 1, first)
                followed.add(before)
            else:
                lengths[node] = (1, node)
        #: (first sigmoid, last sigmoid, how many) of every chain, in execution order of the last.
        self.chains: list[tuple[Node, Node, int]] = [
            (first, last, count) for last, (count, first) in lengths.items() if last not in followed
        ]


def _sigmoid_before(node: Node) -> Node | None:
    """The sigmoid whose output reaches this one over at least one layer and no other way around."""
    crossed = False
    current = node
    for _ in range(24):
        computed = [edge for edge in current.inputs if edge.value.producer is not None]
        if len(computed) != 1:
            return None
        maker = computed[0].value.producer
        if maker is None or sum(len(value.uses) for value in maker.outputs) != 1:
            return None
        if maker.op == "Sigmoid":
            return maker if crossed else None
        bias = maker.op in ("Add", "Sub") and sum(edge.value.stored for edge in maker.inputs) == 1
        kind = operator(maker.op).kind
        if not bias and (kind not in _BETWEEN or kind == "activation"):
            return None
        crossed = crossed or (kind == "weighted" and bool(maker.params))
        current = maker
    return None
