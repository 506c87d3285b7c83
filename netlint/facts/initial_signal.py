"""How large the signal is when training begins, as far as the initialisers say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.shapes import Shapes
from netlint.facts.walk import downstream
from netlint.model import Initializer, Model, Node, Unknown, Value, product
from netlint.ops import operator

#: The second moment of a normal distribution of deviation 1 that is cut off at 2
#: (tensorflow/python/ops/random_ops.py, truncated_normal; keras/src/initializers/random_initializers.py).
_CUT_OFF: Final = 0.7737413

#: Schemes that scale with the layer's own inputs: between 1 and 2 of the signal's square arrive.
_SCALED: Final = frozenset(
    f"{scheme}_{shape}" for scheme in ("xavier", "kaiming", "lecun") for shape in ("uniform", "normal")
)

#: Operators that hand on values of the same size.
_SAME_SIZE: Final = frozenset(("dropout", "layout"))


@dataclass(frozen=True, slots=True)
class Gain:
    """What a layer's initialiser does to the square of its inputs: `fan` products of it are added up."""

    fan: int
    #: The mean square of a weight.
    square: float

    @property
    def factor(self) -> float:
        return self.fan * self.square


class InitialSignal(Fact):
    """The mean square of every value at the first step, for inputs of mean square 1; unknown behind whatever netlint
    cannot follow.

    He et al., arXiv:1502.01852, section 2.2: a layer of zero-mean weights multiplies the mean square of its inputs by
    `fan_in E[w^2]`, and ReLU halves it; a normaliser sets it to 1.
    """

    needs = (Shapes,)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]
        self._squares: dict[Value, float] = {}
        self._gains: dict[Node, Gain] = {}
        for node in model.nodes:
            square = self._square(node)
            if square is not None:
                for value in node.outputs:
                    self._squares[value] = square

    def gain(self, node: Node) -> Gain | None:
        """What the initialiser of a weighted layer does, where it is a distribution that ignores the fan-in."""
        return self._gains.get(node)

    def __getitem__(self, value: Value) -> float | None:
        """The mean square of a value; None when it is not known."""
        return self._squares.get(value)

    def scores(self, node: Node) -> tuple[Node, float] | None:
        """The loss, softmax or sigmoid that the layer's signal reaches through values that are all known, unnormalised
        and unsquashed, and the mean square of the scores there; None when something on the way is unknown."""
        found: tuple[Node, float] | None = None
        for edge in downstream(node.outputs, self._hands_on):
            described = operator(edge.node.op)
            square = self._squares.get(edge.value)
            if described.kind in ("metric", "sink"):
                continue
            reads_scores = described.loss is not None or bool(described.probabilities)
            if not reads_scores or edge.slot or square is None:
                return None
            if found is None or square < found[1]:
                found = edge.node, square
        return found

    def _hands_on(self, node: Node) -> bool:
        described = operator(node.op)
        bounded = described.activation is not None and described.activation.bounded
        passes = described.kind not in ("normalisation", "loss", "metric", "sink", "reduction", "other")
        return passes and not bounded and not described.probabilities and self._known(node)

    def _known(self, node: Node) -> bool:
        return all(value in self._squares for value in node.outputs)

    def _square(self, node: Node) -> float | None:
        described = operator(node.op)
        kind = described.kind
        if kind == "source" or kind == "normalisation":
            return 1.0
        arriving = [self._squares.get(edge.value) for edge in node.inputs]
        if kind == "weighted":
            return self._weighted(node, arriving)
        if kind in _SAME_SIZE or node.op == "MaxPool":
            # Further inputs are shapes and axes. The largest of several is larger than one of them: no more is claimed.
            return arriving[0] if arriving else None
        known = [square for square in arriving if square is not None]
        if not known or len(known) != len(arriving):
            return known[0] if known and self._adds_bias(node) else None
        if node.op in ("Add", "Sum"):
            return sum(known)
        if node.op == "Concat":
            return min(known)
        activation = described.activation
        if activation is not None and not described.probabilities:
            return min(known[0], 1.0) if activation.bounded else known[0] / 2
        return None

    def _adds_bias(self, node: Node) -> bool:
        return node.op == "Add" and sum(edge.value.stored for edge in node.inputs) == 1

    def _weighted(self, node: Node, arriving: list[float | None]) -> float | None:
        weight = node.param("weight")
        if weight is None or node.op not in ("Conv", "Gemm"):
            return None
        shape = self._shapes.param(node, weight)
        if not isinstance(shape, tuple) or len(shape) < 2:
            return None
        turned = node.op == "Gemm" and node.get("transpose", False) is True
        fan = shape[0] if turned else product(shape[1:])
        square = _mean_square(weight.initializer)
        if isinstance(fan, int) and square is not None:
            self._gains[node] = gain = Gain(fan, square)
            factor: float | None = gain.factor
        else:
            factor = 1.0 if weight.initializer.kind in _SCALED else None
        first = arriving[0] if arriving else None
        return None if first is None or factor is None else first * factor


def _mean_square(start: Initializer) -> float | None:
    """The mean square of a weight that is drawn from a distribution with numbers of its own."""
    if "sparse" in start.fields:
        return None
    numbers = {name: attr.value for name, attr in start.fields.items()}
    if any(isinstance(value, Unknown) for value in numbers.values()):
        return None
    if start.kind in ("normal", "truncated_normal"):
        share = _CUT_OFF if start.kind == "truncated_normal" else 1.0
        deviation = start.number("std", 1.0)
        return float(start.number("mean", 0.0) ** 2 + share * deviation**2)
    if start.kind == "uniform":
        low, high = start.number("min", 0.0), start.number("max", 1.0)
        return (low * low + low * high + high * high) / 3
    return None
