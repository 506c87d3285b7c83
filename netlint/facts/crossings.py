"""Pairs of values that broadcasting crosses: a column and a vector of one length become a square."""

from __future__ import annotations

from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.shapes import Shapes
from netlint.facts.walk import reached
from netlint.model import Dim, Edge, Model, Node, Symbol

#: Whoever writes one of these puts the 1 there on purpose.
_SHAPING: Final = ("Unsqueeze", "Reshape", "Expand", "Transpose", "Tile", "Slice", "Flatten")


class Crossings(Fact):
    """Where two values of one batch meet element by element, and every sample meets every other one."""

    needs = (Shapes,)

    def __init__(self, _model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]

    def of(self, node: Node) -> tuple[Edge, Edge] | None:
        """The column `(N, 1)` and the vector `(N,)` that the node joins; None where their axes are not surely the
        batch, or where the column was made one on purpose."""
        if len(node.inputs) != 2:
            return None
        column, row = node.inputs
        a, b = self._shapes[column.value], self._shapes[row.value]
        if not isinstance(a, tuple) or not isinstance(b, tuple) or len(a) + len(b) != 3:
            return None
        if len(a) == 1:
            column, row, a, b = row, column, b, a
        if len(b) != 1 or a[1] != 1 or a[0] != b[0] or a[0] == 1 or not isinstance(a[0], int | Symbol):
            return None
        if column.value.stored or row.value.stored or _made_by(column, _SHAPING):
            return None
        return (column, row) if self._of_batch(a[0], column, row) else None

    def of_loss(self, node: Node) -> tuple[Edge, Edge] | None:
        """Prediction and target of a loss that means to pair their elements, where each is widened by the other:
        `(N, 1)` and `(N,)`, `(N, 1, H, W)` and `(N, H, W)`. The first one has more axes."""
        if len(node.inputs) < 2:
            return None
        wide, narrow = sorted(map(_before_broadcast, node.inputs[:2]), key=lambda edge: -self._rank(edge))
        a, b = self._shapes[wide.value], self._shapes[narrow.value]
        if not isinstance(a, tuple) or not isinstance(b, tuple) or not 0 < len(b) < len(a):
            return None
        if _made_by(wide, ("Unsqueeze", "Expand")) or wide.value.stored or narrow.value.stored:
            return None
        # They are equal but for axes of 1, and the batch of the narrow one meets such an axis.
        batch, alike = a[0], _squeezed(a) == _squeezed(b)
        crossed = isinstance(batch, int | Symbol) and batch != 1 and b[0] == batch and a[len(a) - len(b)] == 1
        return (wide, narrow) if alike and crossed else None

    def _rank(self, edge: Edge) -> int:
        shape = self._shapes[edge.value]
        return len(shape) if isinstance(shape, tuple) else -1

    def _of_batch(self, extent: Dim, column: Edge, row: Edge) -> bool:
        """Both axes are the batch: they have one name, or all inputs of the model begin with this extent."""
        if isinstance(extent, Symbol):
            return True
        makers = [edge.producer for edge in (column, row) if edge.producer is not None]
        if len(makers) < 2 or makers[0] is makers[1]:
            return False
        inputs = [node for node in reached(makers, lambda other: other.predecessors) if node.op == "Input"]
        firsts = [self._shapes.output(node) for node in inputs]
        return len(inputs) > 1 and all(isinstance(first, tuple) and first[:1] == (extent,) for first in firsts)


def _before_broadcast(edge: Edge) -> Edge:
    """PyTorch's losses broadcast their inputs in a step of its own."""
    maker = edge.producer
    if maker is None or maker.op != "aten::broadcast_tensors" or edge.value.slot >= len(maker.inputs):
        return edge
    return maker.inputs[edge.value.slot]


def _squeezed(shape: tuple[Dim, ...]) -> tuple[Dim, ...]:
    return (shape[0], *(extent for extent in shape[1:] if extent != 1))


def _made_by(edge: Edge, ops: tuple[str, ...]) -> bool:
    return edge.producer is not None and edge.producer.op in ops
