"""Attention that is written out: scores of queries and keys, a softmax, and a weighted sum of values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.shapes import Shapes
from netlint.model import Edge, Model, Node, Value

#: Between the product of queries and keys and the softmax: scalings, masks, bounds.
_SCORE_STEPS: Final = frozenset({"Add", "Sub", "Mul", "Div", "Where", "Identity", "Cast", "Clip", "Tanh", "Max", "Min"})
#: Between the softmax and the product with the values.
_WEIGHT_STEPS: Final = frozenset({"Identity", "Cast", "Dropout", "Add", "Mul", "Where", "Sub"})

#: Between a dense layer and the product of queries and keys.
_MOVES: Final = frozenset({
    "Reshape", "Transpose", "Split", "Slice", "Squeeze", "Unsqueeze", "Gather", "Identity",
    "aten::split", "aten::unbind", "aten::select",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Head:
    """One attention: the product of queries and keys, what stands between it and the softmax, the softmax, what stands
    behind it, and where the weights enter the product with the values."""

    scores: Node
    before: tuple[Node, ...]
    softmax: Node
    after: tuple[Node, ...]
    use: Edge

    @property
    def key_axis(self) -> int:
        """The axis of the weights that the product with the values sums over, counted from the end."""
        return -1 if self.use.slot == 0 else -2


class Attention(Fact):
    """Attention written with two products of computed matrices."""

    needs = (Shapes,)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]
        self.heads: list[Head] = [
            head for softmax in model.by_op.get("Softmax", ()) if (head := self._head(softmax)) is not None
        ]

    def _head(self, softmax: Node) -> Head | None:
        before: list[Node] = []
        value = softmax.inputs[0].value if softmax.inputs else None
        scores = None
        for _ in range(16):
            maker = value.producer if value is not None else None
            if maker is None:
                return None
            if _product(maker):
                scores = maker
                break
            if maker.op not in _SCORE_STEPS:
                return None
            before.append(maker)
            value = self._onward(maker)
        if scores is None:
            return None
        after: list[Node] = []
        node = softmax
        for _ in range(8):
            uses = [edge for made in node.outputs[:1] for edge in made.uses if edge.node.op not in ("IsNaN", "Shape")]
            taken = [edge for edge in uses if _product(edge.node)]
            if taken:
                return Head(scores, tuple(reversed(before)), softmax, tuple(after), taken[0])
            steps = [edge.node for edge in uses if edge.node.op in _WEIGHT_STEPS]
            if len(steps) != 1:
                return None
            node = steps[0]
            after.append(node)
        return None

    def _onward(self, node: Node) -> Value | None:
        """The input along which the scores come: the one of full size that is no mask."""
        candidates = [edge.value for edge in node.inputs if edge.value.producer is not None]
        for value in candidates:
            maker = value.producer
            if maker is not None and (_product(maker) or maker.op in _SCORE_STEPS) and self._descends(value):
                return value
        return None

    def _descends(self, value: Value) -> bool:
        """Whether a product of computed matrices makes this value, behind the same steps."""
        waiting, seen = [value], 0
        while waiting and seen < 24:
            seen += 1
            maker = waiting.pop().producer
            if maker is None:
                continue
            if _product(maker):
                return True
            if maker.op in _SCORE_STEPS:
                waiting += [edge.value for edge in maker.inputs]
        return False

    def width(self, head: Head) -> int | None:
        """The number of features that a query and a key are compared by."""
        shape = self._shapes.input(head.scores)
        return shape[-1] if isinstance(shape, tuple) and shape and isinstance(shape[-1], int) else None

    def scaled(self, head: Head) -> bool:
        """Something may scale the scores: a factor, a bound or a bias before the softmax, or anything but a layer and
        its bias above the queries and keys."""
        return bool(head.before) or not all(_plain(edge.value) for edge in head.scores.inputs[:2])


def _product(node: Node) -> bool:
    """A product of two computed matrices: no layer."""
    return node.op == "MatMul" and not node.params and all(not edge.value.stored for edge in node.inputs)


def _plain(value: Value) -> bool:
    """A dense layer and its bias make this value, behind reshapes."""
    return all(node.op in ("MatMul", "Gemm") and bool(node.params) for node in _makers(value))


def _makers(value: Value) -> Iterator[Node]:
    maker = value.producer
    while maker is not None:
        moves = maker.op in _MOVES
        bias = maker.op == "Add" and sum(not edge.value.stored for edge in maker.inputs) == 1
        if not moves and not bias:
            yield maker
            return
        maker = next((edge.value.producer for edge in maker.inputs if edge.value.producer is not None), None)
