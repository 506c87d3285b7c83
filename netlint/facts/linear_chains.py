"""Dense layers that follow each other with nothing nonlinear between."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.shapes import Shapes
from netlint.model import Dim, Model, Node
from netlint.ops import operator

#: Layers that mix channels alone: two in a row are one matrix.
_DENSE: Final = ("Gemm", "MatMul", "Conv")

#: Kinds that keep a chain linear where their other operands are constants.
_LINEAR_OPS: Final = frozenset({"Identity", "Dropout", "Cast", "Neg"})
_WITH_CONSTANT: Final = frozenset({"Add", "Sub", "Mul", "Div"})
_REGROUPING: Final = frozenset({"Flatten", "Reshape", "Squeeze", "Unsqueeze"})


@dataclass(frozen=True, slots=True)
class Link:
    """Two dense layers of which the second reads nothing but what the first makes; `fed`, `middle` and `out` are the
    widths before, between and behind them."""

    first: Node
    second: Node
    fed: int
    middle: int
    out: int
    #: One of the two has a kernel of several pixels.
    spatial: bool = False

    @property
    def bottleneck(self) -> bool:
        """The width between is smaller than both others: a matrix of low rank, which is a design."""
        return self.middle < min(self.fed, self.out)


class LinearChains(Fact):
    """Chains of at least two dense layers (`Gemm`, `MatMul` with stored weights, `Conv` without groups)."""

    needs = (Shapes,)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]
        links = {}
        for node in model.nodes:
            link = self._link(node) if node.op in _DENSE else None
            if link is not None:
                links[node] = link
        #: Each chain from its first to its last link.
        self.chains: list[list[Link]] = []
        followed = {link.second for link in links.values()}
        for node, link in links.items():
            if node not in followed:
                chain = [link]
                while chain[-1].second in links:
                    chain.append(links[chain[-1].second])
                self.chains.append(chain)
        #: The network has not one nonlinear operator, but for what stands behind its last layer.
        self.linear_throughout: bool = bool(links) and all(
            _stays_linear(node) or _only_ends(node) for node in model.nodes
        )

    def _width(self, node: Node) -> tuple[int, int] | None:
        """(inputs, outputs) of a dense layer; None for what is none, or not known."""
        weight = node.param("weight")
        if weight is None or not node.outputs or not node.inputs:
            return None
        if node.op == "Conv":
            shape = self._shapes.param(node, weight)
            if node.get("group", 1) != 1 or not isinstance(shape, tuple) or len(shape) < 3:
                return None
            # Strips (1 x n, then n x 1) are a factorisation.
            return _pair(shape[1], shape[0]) if len(set(shape[2:])) == 1 else None
        if node.op == "Gemm" and node.dialect == "torch" and node.get("axis", 0) == -1:
            # The weight says it, whatever arrives.
            shape = self._shapes.param(node, weight)
            return _pair(shape[1], shape[0]) if isinstance(shape, tuple) and len(shape) == 2 else None
        before, after = self._shapes.input(node), self._shapes.output(node)
        if (
            not isinstance(before, tuple)
            or not isinstance(after, tuple)
            or len(before) < 2
            or len(before) != len(after)
        ):
            return None
        return _pair(before[-1], after[-1])

    def _link(self, first: Node) -> Link | None:
        node = first
        for _ in range(16):
            uses = [edge for value in node.outputs for edge in value.uses]
            if len(uses) != 1:
                return None
            edge = uses[0]
            node = edge.node
            if node.dialect == "keras" and node.name == first.name:
                # Two steps of one layer: a separable convolution.
                return None
            if node.op in _DENSE and edge.slot == 0:
                sizes, behind = self._width(first), self._width(node)
                if (
                    sizes is None
                    or behind is None
                    or behind[0] != sizes[1]
                    or (node.op == "Conv") != (first.op == "Conv")
                ):
                    return None
                return Link(first, node, sizes[0], sizes[1], behind[1], self._spatial(first) or self._spatial(node))
            if not self._passes(node):
                return None
        return None

    def _spatial(self, node: Node) -> bool:
        weight = node.param("weight")
        shape = self._shapes.param(node, weight) if weight is not None and node.op == "Conv" else ()
        return isinstance(shape, tuple) and any(dim != 1 for dim in shape[2:])

    def _passes(self, node: Node) -> bool:
        if node.op in _LINEAR_OPS:
            return True
        if node.op in _WITH_CONSTANT:
            return sum(not edge.value.stored for edge in node.inputs) == 1 and not (
                node.op == "Div" and not node.inputs[1].value.stored
            )
        if node.op in _REGROUPING:
            before, after = self._shapes.input(node), self._shapes.output(node)
            return isinstance(before, tuple) and isinstance(after, tuple) and before[-1:] == after[-1:]
        return False


def _pair(a: Dim, b: Dim) -> tuple[int, int] | None:
    return (a, b) if isinstance(a, int) and isinstance(b, int) else None


def _stays_linear(node: Node) -> bool:
    described = operator(node.op)
    if node.op in _WITH_CONSTANT:
        return sum(not edge.value.stored for edge in node.inputs) <= 1
    if described.kind == "weighted":
        return bool(node.params)
    return described.linear or described.kind in ("source", "layout", "sink")


def _only_ends(node: Node) -> bool:
    """A loss, a metric, or an activation that nothing but these reads."""
    if operator(node.op).kind in ("loss", "metric"):
        return True
    ends = operator(node.op).kind == "activation"
    return ends and all(operator(other.op).kind in ("loss", "metric", "sink") for other in node.successors)
