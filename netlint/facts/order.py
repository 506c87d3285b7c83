"""Whether a network can tell the order of its tokens."""

from __future__ import annotations

from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.attention import Attention
from netlint.facts.shapes import Shapes
from netlint.model import Model, Node
from netlint.ops import operator

_ATTENTION: Final = ("Attention", "aten::scaled_dot_product_attention", "keras::MultiHeadAttention")
#: Treat every position alike, and move none of them into the features.
_BLIND: Final = frozenset({
    "LayerNormalization", "RMSNormalization", "Dropout", "Identity", "Cast", "Add", "Sub", "Mul", "Div", "Transpose",
    "Split", "Squeeze", "Unsqueeze", "Softmax", "MatMul", "ReduceMean", "ReduceMax", "ReduceSum", "GlobalAveragePool",
    "GlobalMaxPool", "aten::split", "aten::unbind", "aten::select", "aten::unflatten", "aten::detach", *_ATTENTION,
})  # fmt: skip


class Order(Fact):
    """Permutation equivariance: of a network that looks tokens up and lets them attend to each other."""

    needs = (Attention, Shapes)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]
        #: The first attention of a network for which shuffled tokens give shuffled results; None where one operator may
        #: know positions.
        self.blind: Node | None = None
        tables = model.by_op.get("Embedding", ())
        attending = [node for op in _ATTENTION for node in model.by_op.get(op, ())]
        attending += [head.scores for head in facts[Attention].heads]
        if len(tables) != 1 or not attending:
            return
        widths: set[object] = {table.get("out_features", 0) for table in tables}
        if all(self._alike(node, widths) for node in model.nodes):
            self.blind = min(attending, key=model.nodes.index)

    def _alike(self, node: Node, widths: set[object]) -> bool:
        described = operator(node.op)
        if described.kind in ("source", "loss", "metric", "sink"):
            return node.op != "Range"
        if node.op == "Embedding":
            return all(_given(edge.producer) for edge in node.inputs[:1])
        if node.op in _ATTENTION and (_masked(node) or node.get("is_causal", 0) == 1):
            return False
        if node.op == "Reshape":
            shape = self._shapes.output(node)
            return isinstance(shape, tuple) and bool(shape) and (len(shape) > 2 or shape[-1] in widths)
        if node.op == "Gemm":
            return node.get("axis", 1) == -1
        if node.op not in _BLIND and described.activation is None:
            return False
        return not any(edge.producer is None and self._spread(edge.value.name, node) for edge in node.inputs)

    def _spread(self, name: str, node: Node) -> bool:
        """A stored tensor that may hold something for each position; a factor a feature does not."""
        shapes = [self._shapes[edge.value] for edge in node.inputs if edge.value.name == name and name]
        return any(not isinstance(shape, tuple) or len(shape) > 1 for shape in shapes)


def _given(node: Node | None) -> bool:
    """An input of the network."""
    while node is not None and node.op in ("Identity", "Cast"):
        node = node.inputs[0].producer if node.inputs else None
    return node is not None and node.op == "Input"


def _masked(node: Node) -> bool:
    third = node.inputs[3:4]
    return "masked" in node.attrs or any(edge.value.name for edge in third)
