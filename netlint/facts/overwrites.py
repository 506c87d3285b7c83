"""Values that PyTorch keeps for the backward pass and that are overwritten before it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal

from netlint.authoring import Fact, Facts
from netlint.facts.gradient_flow import GradientFlow
from netlint.facts.trainability import Trainability
from netlint.facts.walk import reached
from netlint.model import Model, Node, Value

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


@dataclass(frozen=True, slots=True)
class Overwrite:
    """`writer` changes a value in place which `keeper` made, or read before, and needs again."""

    writer: Node
    keeper: Node
    value: Value
    kept: Literal["output", "input"]


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
        value = writer.inputs[0].value
        maker = value.producer
        if maker is None or "no_grad" in writer.attrs:
            return None
        if value.slot == 0 and _keeps_output(maker) and self._needs_gradient(maker):
            return Overwrite(writer, maker, value, "output")
        before = self._order[writer]
        for edge in value.uses:
            reader = edge.node
            if edge.slot != 0 or reader is writer or self._order.get(reader, before) >= before:
                continue
            weight = reader.param("weight")
            learns = reader.op in _WEIGH_INPUT and weight is not None and weight.trainable
            wanted = reader.op in _KEEP_INPUT and self._needs_gradient(maker)
            if (learns or wanted) and self._arrives(reader):
                return Overwrite(writer, reader, value, "input")
        return None

    @cached_property
    def _above(self) -> set[Node]:
        """Nodes into whose outputs a gradient must go: something that learns is in or before them."""
        return reached(self._learning, lambda node: [] if node.op == "aten::detach" else node.successors)

    def _needs_gradient(self, node: Node) -> bool:
        return node in self._above and node.op != "aten::detach" and self._arrives(node)

    def _arrives(self, node: Node) -> bool:
        """A gradient comes back to this node; a module that has no loss of its own gives all its outputs to one."""
        return "no_grad" not in node.attrs and (not self._flow.losses or self._flow.reaches(node))


def _writes(node: Node) -> bool:
    """The node changes its first input; normalisers only write into their running averages."""
    if node.get("inplace", False) is not True or not node.inputs or "atch" in node.op:
        return False
    return not (node.op == "Dropout" and (node.get("training_mode", 1) == 0 or node.get("ratio", 0.5) == 0))


def _keeps_output(node: Node) -> bool:
    return node.op in _KEEP_OUTPUT or (node.op in _KEEP_OUTPUT_IN_PLACE and node.get("inplace", False) is True)
