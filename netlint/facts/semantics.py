"""What the values mean: probabilities, labels, images, or nothing in particular."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from netlint.authoring import Fact, Facts
from netlint.facts.walk import transparent, upstream
from netlint.model import Edge, Model, Node, Unknown, Value
from netlint.ops import operator
from netlint.ops.operator import Activation

Kind: TypeAlias = Literal["probabilities", "logits", "labels", "features", "data", "unknown"]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a value holds, and the node that made it so (behind reshapes, joins and dropout).

    `probabilities` come from a softmax or sigmoid (`squash`), `logits` are the scores that a loss will squash itself,
    `labels` are what a loss compares with, `data` comes from the network's input, `features` is everything learned.
    """

    kind: Kind
    by: Node | None = None
    squash: Literal["softmax", "sigmoid", ""] = ""


class Semantics(Fact):
    """Meanings of values, computed where they are asked for."""

    def __init__(self, model: Model, _facts: Facts) -> None:
        self._labels: set[Value] = set()
        self._logits: set[Value] = set()
        for node in model.nodes:
            described = operator(node.op)
            if described.loss is not None or described.kind == "metric":
                self._mark(node)

    def _mark(self, node: Node) -> None:
        described = operator(node.op)
        loss = described.loss
        for edge in node.inputs:
            if edge.slot == 0:
                if loss is not None and loss.expects == "logits":
                    self._logits.add(edge.value)
            elif loss is None or loss.targets != "other":
                self._label(edge.value)

    def _label(self, value: Value) -> None:
        """A target is a label when it comes from the data, reshaped at most."""
        waiting = [value]
        while waiting:
            label = waiting.pop()
            producer = label.producer
            if label in self._labels or producer is None:
                continue
            if operator(producer.op).kind == "source":
                self._labels.add(label)
            elif transparent(producer):
                self._labels.add(label)
                waiting.extend(edge.value for edge in producer.inputs)

    def sources(self, value: Value) -> list[Meaning]:
        """What flows into `value` behind operators that only move elements: one meaning a source."""
        return [self._meaning(node) for node in upstream(value, transparent)]

    def of(self, value: Value) -> Meaning:
        """The meaning of a value, when everything that flows into it agrees; else unknown."""
        if value in self._labels:
            return Meaning("labels", value.producer)
        meanings = self.sources(value)
        if len(meanings) != 1:
            kinds = {(meaning.kind, meaning.squash) for meaning in meanings}
            if len(kinds) != 1:
                return Meaning("unknown")
        meaning = meanings[0]
        if meaning.kind == "features" and value in self._logits:
            return Meaning("logits", meaning.by)
        return meaning

    def sides(self, node: Node) -> tuple[Edge, Edge] | None:
        """(prediction, target) of a loss that treats its two inputs alike; None when neither or both come from data.

        A value that the source leaves open (the input of a fragment) counts as data.
        """
        if len(node.inputs) < 2:
            return None
        first, second = node.inputs[:2]
        given = [all(meaning.kind == "data" for meaning in self.sources(edge.value)) for edge in (first, second)]
        if given[0] == given[1]:
            return None
        return (second, first) if given[0] else (first, second)

    def is_label(self, value: Value) -> bool:
        """Whether a loss or a metric compares this value, which comes from the data, with a prediction."""
        return value in self._labels

    def taken_back(self, loss: Node, squash: Node | None) -> bool:
        """Keras on TensorFlow keeps what a softmax or sigmoid reads, and a cross-entropy directly behind it goes on
        from there, whatever its `from_logits` says; on JAX and PyTorch it does not (keras/src/activations/
        activations.py, `_keras_logits`; keras/src/backend/tensorflow/nn.py, `_get_logits`)."""
        return loss.dialect == "keras" and bool(loss.inputs) and loss.inputs[0].producer is squash

    def unsquashed(self, value: Value) -> list[Node]:
        """The nodes whose outputs arrive at `value` and cannot be probabilities: layers that end linearly, and
        activations that leave 0 to 1. Empty where something else, or something unknown, arrives as well."""
        makers = list(upstream(value, _averages))
        return makers if makers and all(_leaves_unit_interval(maker) for maker in makers) else []

    def not_logarithms(self, value: Value) -> list[Node]:
        """The nodes whose outputs arrive at `value` and are no log-probabilities: a softmax or sigmoid, layers that end
        linearly, activations that leave the negative numbers. Empty where something else arrives as well."""
        makers = list(upstream(value, transparent))
        return makers if makers and all(_no_logarithm(maker) for maker in makers) else []

    def _meaning(self, node: Node) -> Meaning:
        described = operator(node.op)
        if described.probabilities:
            return Meaning("probabilities", node, described.probabilities)
        if described.kind == "source":
            return Meaning("data", node)
        return Meaning("features" if described.name else "unknown", node)


def _averages(node: Node) -> bool:
    """Hands elements on, or means of them: what is between 0 and 1 stays there, and what is not does not come there."""
    return transparent(node) or node.op in ("AveragePool", "GlobalAveragePool", "Identity", "keras::UpSampling")


#: Recurrent layers squash by themselves.
_RECURRENT = ("LSTM", "GRU", "RNN")


def _leaves_unit_interval(node: Node) -> bool:
    described = operator(node.op)
    if described.probabilities:
        return False
    if described.activation is not None:
        low, high = _bounds(node, described.activation)
        # The magnitude of a tanh and the exponential of a negative number stay inside, whatever the operators could do.
        free = all(
            all(_free(maker) for maker in upstream(edge.value, _averages)) and edge.value.producer is not None
            for edge in node.inputs[:1]
        )
        return free and (low < 0 or high > 1)
    if node.op in _RECURRENT:
        return node.get("activation", "") in ("tanh", "linear", "relu")
    return _free(node)


def _no_logarithm(node: Node) -> bool:
    described = operator(node.op)
    if described.probabilities:
        return True
    if described.activation is not None:
        return node.op != "Clip" and described.activation.low >= -1 and described.activation.high > 0
    return _free(node)


def _bounds(node: Node, activation: Activation) -> tuple[float, float]:
    """The interval of an activation's values; that of a Clip is the whole of 0 to 1 where it is not known."""
    if node.op != "Clip":
        return activation.low, activation.high
    low, high = node.get("min", ""), node.get("max", "")
    if len(node.inputs) > 1 or isinstance(low, Unknown) or isinstance(high, Unknown):
        return 0, 1
    return (
        float(low) if isinstance(low, int | float) else float("-inf"),
        float(high) if isinstance(high, int | float) else float("inf"),
    )


def _free(node: Node) -> bool:
    """Its values can be any number: a layer that learns, or a normaliser."""
    if node.op == "BatchNormalization":
        return True
    weight = node.param("weight")
    # A constraint, or weights that stay as they are, may make a mixture of probabilities.
    return (
        node.op in ("Gemm", "Conv", "ConvTranspose")
        and weight is not None
        and weight.trainable
        and weight.constraint is None
    )
