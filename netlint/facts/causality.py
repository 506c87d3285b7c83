"""Which tokens of a language model see those that they are to foretell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from netlint.authoring import Fact, Facts
from netlint.facts.attention import Attention, Head
from netlint.facts.shapes import Shapes
from netlint.facts.walk import transparent
from netlint.model import Dim, Model, Node, Symbol, Unknown, Value, minus, times
from netlint.ops import operator

_FUSED: Final = ("Attention", "aten::scaled_dot_product_attention", "keras::MultiHeadAttention")

#: What a position is given by itself: these leave each step of a sequence where it is.
_STEPWISE: Final = frozenset({
    "Add", "Sub", "Mul", "Div", "Gemm", "MatMul", "Dropout", "Identity", "Cast", "LayerNormalization",
    "RMSNormalization", "Reshape", "Transpose", "Flatten", "Squeeze", "Unsqueeze", "Split", "Slice", "aten::split",
    "aten::unbind", "aten::select", "aten::unflatten", "aten::flatten", "LogSoftmax", "Softmax", "Concat", "Neg",
    "Gather",
})  # fmt: skip

#: Of the scores, before the softmax: a factor or a bound of one number, which hides nobody.
_PLAIN: Final = frozenset({"Mul", "Div", "Identity", "Cast", "Tanh", "Clip"})

#: A mask is made of a triangle by some comparisons and reshapes.
_FARTHEST: Final = 12


@dataclass(frozen=True, slots=True)
class SelfAttention:
    """One attention of a sequence to itself: where it stands, and which steps it sees: those before (`causal`), those
    that some mask leaves (`masked`), or all (`open`)."""

    node: Node
    sees: Literal["causal", "masked", "open"]


@dataclass(frozen=True, slots=True)
class LanguageModel:
    """Scores over the vocabulary at each step of a sequence of tokens: the table in which they are looked up, the layer
    (or loss) that has the scores, and each self-attention between, in execution order.

    `shifted` is the loss that compares each step with the next token of the same sequence.
    """

    table: Node
    scores: Node
    attentions: tuple[SelfAttention, ...]
    shifted: Node | None = None


class Causality(Fact):
    """Language models in a network: one for each loss over the vocabulary, else one for each output of that width."""

    needs = (Attention, Shapes)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]
        self._heads: dict[Node, Head] = {head.use.node: head for head in facts[Attention].heads}
        self._order = {node: index for index, node in enumerate(model.nodes)}
        tables = [node for node in model.by_op.get("Embedding", ()) if self._steps(node) is not None]
        attends = any(op in model.by_op for op in _FUSED) or bool(self._heads)
        losses = model.by_op.get("CrossEntropyLoss", ())
        ends = [(node.inputs[0].value, node) for node in losses if len(node.inputs) > 1]
        if not ends:
            ends = [(value, value.producer) for value in model.outputs if value.producer is not None]
        found = (self._model(value, end, tables) for value, end in ends) if attends and tables else ()
        self.models: list[LanguageModel] = [one for one in found if one is not None]

    def _steps(self, table: Node) -> tuple[Dim, Dim] | None:
        """(batch, steps) of the tokens that are looked up."""
        shape = self._shapes.input(table)
        return (shape[0], shape[1]) if isinstance(shape, tuple) and len(shape) == 2 and _known(shape[1]) else None

    def _model(self, scores: Value, end: Node, tables: list[Node]) -> LanguageModel | None:
        shape = self._shapes[scores]
        if not isinstance(shape, tuple) or len(shape) < 2:
            return None
        # Scores have the classes last, or behind the batch (PyTorch's losses of sequences).
        widths = {shape[-1], shape[1]} if end.inputs and len(shape) == 3 else {shape[-1]}
        for table in tables:
            size, rows = self._steps(table), table.get("vocabulary", 0)
            if size is None or rows not in widths:
                continue
            stream = list(self._stream(scores, size))
            if table not in stream:
                continue
            attentions = [one for node in stream if (one := self._attention(node)) is not None]
            attentions.sort(key=lambda one: self._order[one.node])
            shifted = end if self._shifted(end, table, stream) else None
            return LanguageModel(table, end, tuple(attentions), shifted)
        return None

    def _stream(self, scores: Value, size: tuple[Dim, Dim]) -> Iterator[Node]:
        """Every node on the way from the tokens to their scores that keeps the steps apart, and each attention along
        its queries."""
        batch, steps = size
        wanted = {steps, minus(steps, 1)}
        wanted = {one for one in (*wanted, *(times(batch, one) for one in wanted)) if _known(one)}
        waiting, seen = [scores], set[Node]()
        while waiting:
            value = waiting.pop()
            node, shape = value.producer, self._shapes[value]
            if node is None or node in seen or not isinstance(shape, tuple) or wanted.isdisjoint(shape):
                continue
            seen.add(node)
            head = self._heads.get(node)
            if head is not None or node.op in _FUSED:
                yield node
                waiting.append((head.scores if head is not None else node).inputs[0].value)
            elif node.op == "Embedding":
                yield node
            elif node.op in _STEPWISE or operator(node.op).activation is not None:
                yield node
                waiting += [edge.value for edge in node.inputs]

    def _attention(self, node: Node) -> SelfAttention | None:
        """None for an attention to another sequence."""
        head = self._heads.get(node)
        if head is None and node.op not in _FUSED:
            return None
        if head is not None:
            query, key = (edge.value for edge in head.scores.inputs[:2])
        elif len(node.inputs) > 1:
            query, key = node.inputs[0].value, node.inputs[1].value
        else:
            return None
        if not _same(query, key):
            return None
        return SelfAttention(head.softmax if head is not None else node, self._seen(node, head))

    def _seen(self, node: Node, head: Head | None) -> Literal["causal", "masked", "open"]:
        if head is None:
            if node.get("is_causal", 0) == 1:
                return "causal"
            masks = [edge.value for edge in node.inputs[3:] if edge.value.name]
            if not masks and "masked" not in node.attrs:
                return "open"
            return "causal" if any(map(_triangular, masks)) else "masked"
        hiding = [step for step in (*head.before, *head.after) if not self._hides_nobody(step)]
        others = [edge.value for step in hiding for edge in step.inputs]
        if not hiding:
            return "open"
        return "causal" if any(map(_triangular, others)) else "masked"

    def _hides_nobody(self, step: Node) -> bool:
        if step.op == "Dropout":
            return True
        factors = [self._shapes[edge.value] for edge in step.inputs if edge.value.stored]
        return (
            step.op in _PLAIN
            and len(factors) == len(step.inputs) - 1
            and all(isinstance(shape, tuple) and all(dim == 1 for dim in shape) for shape in factors)
        )

    def _shifted(self, loss: Node, table: Node, stream: list[Node]) -> bool:
        """The loss compares each step with the token behind it, of the very sequence that is looked up."""
        if loss.op != "CrossEntropyLoss" or not table.inputs:
            return False
        target, tokens = _cut(loss.inputs[1].value), _cut(table.inputs[0].value)
        if target is None or tokens is None or target[0] is not tokens[0]:
            return False
        size = self._shapes[target[0].outputs[0]]
        if not isinstance(size, tuple) or len(size) != 2:
            return False
        cuts = [*tokens[1], *(node for node in stream if node.op == "Slice")]
        return [_bounds(cut)[0] for cut in target[1]] == [1] and any(
            start == 0 and (end == -1 or end == minus(size[1], 1)) for start, end in map(_bounds, cuts)
        )


def _known(extent: Dim) -> bool:
    return isinstance(extent, int | Symbol)


def _same(query: Value, key: Value) -> bool:
    """Both are computed from one value by the nearest layers with weights (or are one value)."""
    sources = [set(_sources(value)) for value in (query, key)]
    return bool(sources[0]) and sources[0] == sources[1]


def _sources(value: Value) -> Iterator[Value]:
    waiting, seen = [value], set[Node]()
    while waiting:
        found = waiting.pop()
        node = found.producer
        if node is None or operator(node.op).kind == "source" or len(seen) > 256:
            if not found.stored and node is not None:
                yield found
            continue
        if node in seen:
            continue
        seen.add(node)
        if node.op == "Embedding" or node.op in _FUSED:
            yield found
        elif operator(node.op).kind == "weighted" or (node.op == "MatMul" and any(e.value.stored for e in node.inputs)):
            yield from (_behind_copies(edge.value) for edge in node.inputs if not edge.value.stored)
        elif node.op != "Range":
            waiting += [edge.value for edge in node.inputs if not edge.value.stored]


def _behind_copies(value: Value) -> Value:
    """`nn.MultiheadAttention` turns batch and steps around before its projections."""
    while (
        value.producer is not None and value.producer.op in ("Transpose", "Identity", "Cast") and value.producer.inputs
    ):
        value = value.producer.inputs[0].value
    return value


def _triangular(mask: Value) -> bool:
    """A triangle of ones makes this mask."""
    waiting, seen = [mask], set[Node]()
    while waiting and len(seen) < _FARTHEST:
        node = waiting.pop().producer
        if node is None or node in seen:
            continue
        if node.op == "Trilu":
            return True
        seen.add(node)
        if operator(node.op).kind != "weighted" and node.op not in ("Softmax", "Embedding"):
            waiting += [edge.value for edge in node.inputs]
    return False


def _cut(value: Value) -> tuple[Node, list[Node]] | None:
    """The input of the network from which a value is cut out or regrouped, and the cuts on the way."""
    cuts: list[Node] = []
    for _ in range(16):
        node = value.producer
        if node is None:
            return None
        if node.op == "Input":
            return node, cuts
        if not node.inputs or not (transparent(node) or node.op in ("Cast", "Slice")):
            return None
        if node.op == "Slice":
            cuts.append(node)
        value = node.inputs[0].value
    return None


def _bounds(cut: Node) -> tuple[object, Dim | None]:
    """(start, end) of a slice of the second axis; nothing for others."""
    starts, ends, axes = (cut.get(name, ()) for name in ("starts", "ends", "axes"))
    if axes != (1,) or not isinstance(starts, tuple) or not isinstance(ends, tuple) or cut.get("steps", (1,)) != (1,):
        return None, None
    end = ends[0] if len(ends) == 1 else None
    return starts[0] if len(starts) == 1 else None, end if isinstance(end, int | Unknown) else None
