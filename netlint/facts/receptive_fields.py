"""How much of the network's input a value sees, and how far apart its positions lie there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.geometry import Geometry
from netlint.model import Model, Node, Value
from netlint.ops import operator


@dataclass(frozen=True, slots=True)
class Reach:
    """Along one axis: a position sees `size` pixels of the input, the next one those `stride` pixels further on.

    Padding counts as input (Araujo, Norris, Sim, "Computing Receptive Fields of Convolutional Neural Networks", Distill
    2019, equations 2 and 3).
    """

    size: int = 1
    stride: int = 1


_SLIDING: Final = frozenset({"Conv", "MaxPool", "AveragePool", "LpPool"})
#: What works position by position, besides elementwise activations.
_POINTWISE: Final = frozenset({"affine", "dropout"})
_POINTWISE_OPS: Final = frozenset({"Identity", "Cast", "BatchNormalization"})
#: Joins of values that lie alike: the widest view counts.
_JOINS: Final = frozenset({"Add", "Sum", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Concat", "Split"})


class ReceptiveFields(Fact):
    """Receptive fields of values that are made of the network's inputs by sliding windows, pointwise operators and
    joins of like strides; nothing is said across anything else."""

    needs = (Geometry,)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._geometry = facts[Geometry]
        #: One entry a spatial axis; an empty tuple for an input itself, however many axes it has.
        self._fields: dict[Value, tuple[Reach, ...]] = {}
        for node in model.nodes:
            field = self._field(node)
            if field is not None:
                self._fields.update(dict.fromkeys(node.outputs, field))

    def __getitem__(self, value: Value) -> tuple[Reach, ...] | None:
        """One entry a spatial axis; None where it is not known, and for an input itself."""
        return self._fields.get(value) or None

    def _field(self, node: Node) -> tuple[Reach, ...] | None:
        described = operator(node.op)
        if described.kind == "source" and not node.inputs:
            return ()
        if not node.inputs:
            return None
        if node.op in _SLIDING:
            return self._slid(node)
        # A softmax is an activation too, but no elementwise one: it has no `Activation`.
        if described.activation is not None or described.kind in _POINTWISE or node.op in _POINTWISE_OPS:
            return self._fields.get(node.inputs[0].value)
        return self._joined(node) if node.op in _JOINS else None

    def _slid(self, node: Node) -> tuple[Reach, ...] | None:
        below = self._fields.get(node.inputs[0].value)
        windows = self._geometry.windows(node)
        if below is None or not windows or (below and len(below) != len(windows)):
            return None
        below = below or (Reach(),) * len(windows)
        return tuple(
            Reach(reach.size + (window.reach - 1) * reach.stride, reach.stride * window.stride)
            for reach, window in zip(below, windows, strict=True)
        )

    def _joined(self, node: Node) -> tuple[Reach, ...] | None:
        """Constants see nothing and change nothing."""
        values = [edge.value for edge in node.inputs if not edge.value.stored and edge.value.elements is None]
        fields = [self._fields.get(value) for value in values]
        known = [field for field in fields if field is not None]
        if not known or len(known) < len(fields):
            return None
        if len({tuple(reach.stride for reach in field) for field in known}) > 1:
            return None
        return tuple(Reach(max(reach.size for reach in axis), axis[0].stride) for axis in zip(*known, strict=True))
