"""Which nodes a loss reaches, and which losses there are."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from netlint.authoring import Fact, Facts
from netlint.facts.walk import reached
from netlint.model import Model, Node
from netlint.ops import operator


class GradientFlow(Fact):
    """Backward reachability from the losses of a model.

    A loss counts when its weight is not zero. The gradient stops at operators without derivative (`ArgMax`,
    thresholds, metrics) and at inputs for which the source switches it off (`propagate_down: false`).
    """

    def __init__(self, model: Model, _facts: Facts) -> None:
        losses = {op for op in model.by_op if operator(op).loss}
        # Only Caffe lets any layer count as a loss.
        weighs = model.dialect == "caffe"
        candidates = (
            [node for node in model.nodes if node.op in losses or "loss_weight" in node.attrs]
            if losses or weighs
            else []
        )
        self.losses: list[Node] = [node for node in candidates if _loss_weight(node) != 0]
        #: Losses that the source switches off with a weight of 0.
        self.silenced: list[Node] = [node for node in candidates if operator(node.op).loss and _loss_weight(node) == 0]
        self._reached = reached(self.losses, _receivers)
        #: An operator that netlint does not know may well be a loss: then nothing can be said of what lacks one.
        self.certain = all(operator(op).name for op in model.by_op)
        self._nodes = model.nodes

    @cached_property
    def _trainable(self) -> list[Node]:
        return [node for node in self._nodes if any(param.trainable for param in node.params)]

    @cached_property
    def stranded(self) -> list[Node]:
        """Layers that want to learn and that no loss reaches; empty where nothing certain can be said."""
        if not self.certain or not self.losses:
            return []
        return [node for node in self._trainable if node not in self._reached]

    @cached_property
    def cuts(self) -> list[Node]:
        """Operators without derivative between every layer that wants to learn and the losses, in execution order.
        Empty where some loss trains something, or where an operator is unknown."""
        if not self.certain or not self.losses or any(node in self._reached for node in self._trainable):
            return []
        learning = reached(self._trainable, lambda node: node.successors)
        return [
            node for node in self._nodes if node in self._reached and node in learning and not _differentiable(node)
        ]

    @cached_property
    def _fed(self) -> set[Node]:
        """Nodes below which something learns."""
        return reached(self._trainable, lambda node: node.successors)

    def reaches(self, node: Node) -> bool:
        """Whether a gradient of some loss arrives at this node."""
        return node in self._reached

    def passes(self, node: Node) -> bool:
        """Whether a gradient goes through this node to something that learns, in it or below it."""
        return node in self._reached and node in self._fed


def _loss_weight(node: Node) -> float:
    weights = node.get("loss_weight", ())
    if isinstance(weights, tuple) and weights:
        return sum(abs(weight) for weight in weights if isinstance(weight, int | float))
    return 1.0 if operator(node.op).loss is not None else 0.0


def _differentiable(node: Node) -> bool:
    described = operator(node.op)
    return not described.name or described.differentiable


def _receivers(node: Node) -> Iterator[Node]:
    if not _differentiable(node):
        return
    described = operator(node.op)
    allowed = node.get("propagate_down", ())
    loss = described.loss
    for edge in node.inputs:
        if isinstance(allowed, tuple) and edge.slot < len(allowed) and allowed[edge.slot] is False:
            continue
        if loss is not None and loss.targets == "classes" and edge.slot > 0:
            continue
        if edge.value.producer is not None:
            yield edge.value.producer
