"""Values that PyTorch keeps for the backward pass and that are overwritten before it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from netlint.authoring import Fact, Facts
from netlint.facts.autocast import copied
from netlint.facts.gradient_flow import GradientFlow
from netlint.facts.trainability import Trainability
from netlint.facts.walk import reached
from netlint.model import Edge, Model, Node, Value
from netlint.ops import operator

#: Compute their gradient from their output (measured: each raises when its output is changed in place).
_KEEP_OUTPUT: Final = frozenset({
    "Sigmoid", "Tanh", "Softmax", "LogSoftmax", "Exp", "Sqrt", "Reciprocal", "Relu", "Tan", "aten::rsqrt",
    "aten::expm1",
})  # fmt: skip
#: So do these where they are in place themselves, because no copy of their input is left.
_KEEP_OUTPUT_IN_PLACE: Final = frozenset({"LeakyRelu", "Elu"})
#: Compute the gradient of their weight from their input.
_WEIGH_INPUT: Final = frozenset({"Conv", "ConvTranspose", "Gemm"})
#: Compute their gradient from their input.
_KEEP_INPUT: Final = frozenset({
    "BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization", "LeakyRelu", "Elu", "Selu",
    "Swish", "Gelu", "Softplus", "HardSwish", "HardSigmoid", "Clip", "Relu6", "Mish", "Abs", "Log", "MaxPool",
    "AveragePool", "Sin", "Cos", "Erf",
})  # fmt: skip

#: Results that are always views of the first input, in PyTorch's words.
_VIEWS: Final = frozenset(("view", "select", "slice", "unsqueeze", "squeeze", "transpose", "t", "permute", "expand"))

#: The inputs that surely get a gradient, where that is not all of them; of a loss it is the prediction.
_RECEIVING: Final[Mapping[str, tuple[int, ...]]] = {"aten::written": (0,)}
#: Give what they overwrite a gradient of zeros, for which its maker's backward runs all the same.
_OVER_ALL: Final = frozenset({"aten::zero", "aten::fill", "aten::normal", "aten::uniform", "aten::exponential"})

#: Modules without a loss have few outputs; those of detectors have losses of their own.
_MOST_RESULTS: Final = 8


@dataclass(frozen=True, slots=True)
class Overwrite:
    """`writer` changes a value in place which `keeper` made, or read before, and needs again."""

    writer: Node
    keeper: Node
    value: Value
    kept: Literal["output", "input"]
    #: Under autocast the keeper may have a copy of its own.
    spared_by_autocast: bool = False


class Overwrites(Fact):
    """In-place writes of a PyTorch program that stop its backward pass (torch/csrc/autograd/saved_variable.cpp: the
    version of a saved tensor must not have changed)."""

    needs = (GradientFlow, Trainability)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._model, self._flow = model, facts[GradientFlow]
        trainability = facts[Trainability]
        learns = model.dialect == "torch" and (trainability.training or model.phase == "TRAIN")
        self._learning = trainability.trainable if learns else []
        self._order = {node: index for index, node in enumerate(model.nodes)} if learns else {}

    @cached_property
    def found(self) -> list[Overwrite]:
        """At most one for each write, in execution order."""
        writers = [node for node in self._order if _writes(node)]
        hits = (self._broken(node) for node in writers)
        return [hit for hit in hits if hit is not None]

    def _broken(self, writer: Node) -> Overwrite | None:
        value = _memory(writer)
        maker = value.producer if value is not None else None
        if value is None or maker is None or "no_grad" in writer.attrs:
            return None
        if value.slot == 0 and _keeps_output(maker) and self._needs_gradient(maker):
            return Overwrite(writer, maker, value, "output")
        before, spared = self._order[writer], None
        for edge in value.uses:
            reader = edge.node
            if reader is writer or self._order.get(reader, before) >= before or reader.get("inplace", False) is True:
                continue
            if self._keeps_input(edge, maker) and self._arrives(reader):
                by_autocast = copied(reader, value)
                if by_autocast == "never":
                    return Overwrite(writer, reader, value, "input")
                if by_autocast == "perhaps" and spared is None:
                    spared = Overwrite(writer, reader, value, "input", spared_by_autocast=True)
        return spared

    def _keeps_input(self, edge: Edge, maker: Node) -> bool:
        reader = edge.node
        if reader.op == "Mul":
            # A factor is kept where the other one needs a gradient.
            others = (other.producer for other in reader.inputs if other.slot != edge.slot)
            return any(other is not None and self._needs_gradient(other) for other in others)
        weight = reader.param("weight")
        if edge.slot != 0:
            return False
        if reader.op in _WEIGH_INPUT and weight is not None and weight.trainable:
            return True
        return reader.op in _KEEP_INPUT and self._needs_gradient(maker)

    @cached_property
    def _above(self) -> set[Node]:
        """Nodes into whose outputs a gradient must go: something that learns is in or before them."""
        return reached([node for node in self._learning if _derives(node)], _heirs)

    def _needs_gradient(self, node: Node) -> bool:
        return node in self._above and self._arrives(node)

    def _arrives(self, node: Node) -> bool:
        """A gradient comes back to this node, from a loss or from every output that may be given to one."""
        return "no_grad" not in node.attrs and bool(self._below) and all(node in nodes for nodes in self._below)

    @cached_property
    def _below(self) -> list[set[Node]]:
        """The nodes that a gradient comes back to: from the losses; without any, from each output."""
        if self._flow.losses:
            return [reached(self._flow.losses, _sources)]
        results = self._model.results or ()
        ends = [value.producer for value in results if value.producer is not None and _real(value)]
        return [reached([node], _sources) for node in ends if _derives(node)] if len(ends) <= _MOST_RESULTS else []


def _real(value: Value) -> bool:
    return value.dtype.startswith(("float", "bfloat", "complex"))


def _derives(node: Node) -> bool:
    """Whether a gradient certainly goes through: the operator is known and has one, and its results are real."""
    if node.op == "aten::written" or (node.op in _OVER_ALL and node.get("inplace", False) is True):
        return True
    described = operator(node.op)
    if not described.name or not described.differentiable:
        return False
    return described.loss is not None or any(map(_real, node.outputs))


def _heirs(node: Node) -> Iterator[Node]:
    for value in node.outputs:
        if _real(value):
            yield from (edge.node for edge in value.uses if _derives(edge.node))


def _sources(node: Node) -> Iterator[Node]:
    slots = (0,) if operator(node.op).loss is not None else _RECEIVING.get(node.op)
    for edge in node.inputs:
        producer = edge.producer
        if producer is not None and (slots is None or edge.slot in slots) and _real(edge.value) and _derives(producer):
            yield producer


def _memory(writer: Node) -> Value | None:
    """The tensor whose memory is written: what a view was taken of shares it."""
    value = writer.outputs[0].replaces if writer.outputs else None
    while value is not None and value.producer is not None and value.producer.dialect_op in _VIEWS:
        value = value.producer.inputs[0].value
    return value


def _writes(node: Node) -> bool:
    """The node changes a tensor; normalisers only write into their running averages."""
    if node.get("inplace", False) is not True or "atch" in node.op or node.op == "aten::detach":
        return False
    if operator(node.op).kind == "dropout" or "dropout" in node.op:
        active = node.get("training_mode", node.get("train", 0))
        return active in (1, True) and node.get("ratio", node.get("p", 0)) != 0
    return True


def _keeps_output(node: Node) -> bool:
    return node.op in _KEEP_OUTPUT or (node.op in _KEEP_OUTPUT_IN_PLACE and node.get("inplace", False) is True)
