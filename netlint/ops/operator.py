"""How an operator is described: once, by traits and a shape function, for every dialect and every fact."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from netlint.model import Elements, Node, Problem, Shape, Value

Kind: TypeAlias = Literal[
    "weighted",  # multiplies its input with learned weights and sums: Conv, Gemm, ...
    "affine",  # scales or shifts channel by channel: Scale, Bias
    "activation",
    "normalisation",
    "pooling",
    "merge",  # joins several values: Concat, Sum, ...
    "layout",  # moves or regroups elements without computing anything
    "dropout",
    "reduction",
    "loss",
    "metric",  # measured, never trained on
    "source",
    "sink",
    "other",
]


class Outcome(NamedTuple):
    """What a shape function infers: the shape of every output and of every parameter, in the node's order.

    `elements` also gives the elements of outputs that are known: an operator that computes with shapes hands them on.
    """

    outputs: tuple[Shape, ...]
    params: tuple[Shape, ...] = ()
    elements: tuple[Elements | None, ...] = ()


class Arrived(list[Shape]):
    """The shapes that arrive at a node's inputs, in order, and the elements of those tensors that are known."""

    __slots__ = ("_known", "_node")

    def __init__(self, shapes: Iterable[Shape], node: Node, known: Mapping[Value, Elements]) -> None:
        # `super()` would cost as much again, at every node.
        list.__init__(self, shapes)
        self._node = node
        self._known = known

    def given(self, slot: int) -> bool:
        """Whether the source connects this input at all."""
        return slot < len(self) and bool(self._node.inputs[slot].value.name)

    def elements(self, slot: int) -> Elements | None:
        """The elements of input `slot` in row-major order; None when they are not known or the input is left out."""
        if slot >= len(self):
            return None
        value = self._node.inputs[slot].value
        return value.elements if value.elements is not None else self._known.get(value)


Report: TypeAlias = Callable[[Problem], None]
ShapeFunction: TypeAlias = Callable[[Node, Arrived, Report], Outcome]


@dataclass(frozen=True, slots=True)
class Activation:
    """An elementwise nonlinearity: the open interval of its values, and whether it maps 0 to 0."""

    low: float = float("-inf")
    high: float = float("inf")
    keeps_zero: bool = False

    @property
    def bounded(self) -> bool:
        return self.low > float("-inf") and self.high < float("inf")


@dataclass(frozen=True, slots=True)
class Loss:
    """What a loss expects of its first input, which squashing it applies by itself, and what its targets are.

    `targets` is `classes` for one integer label a position, `same` for a tensor of the prediction's shape.
    """

    expects: Literal["logits", "probabilities", "values"]
    applies: Literal["softmax", "sigmoid", ""] = ""
    targets: Literal["classes", "same", "other"] = "same"
    regression: bool = False


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator of the vocabulary."""

    name: str
    infer: ShapeFunction
    kind: Kind = "other"
    #: What the stored tensors behind the data inputs are to the operator, by input: `{1: "weight", 2: "bias"}`. A
    #: source that lists weights among the inputs (ONNX) gives its nodes their parameters by this.
    roles: Mapping[int, str] = field(default_factory=dict)
    #: The output is an affine function of the inputs: two in a row compute no more than one.
    linear: bool = False
    #: Every output element is some input element (or dropped, or scaled by dropout): meanings pass through.
    transparent: bool = False
    activation: Activation | None = None
    loss: Loss | None = None
    #: `softmax` or `sigmoid` where the output holds probabilities.
    probabilities: Literal["softmax", "sigmoid", ""] = ""
    #: A gradient can pass from the outputs to the inputs.
    differentiable: bool = True
    #: Writing the output over the input is `safe`; it leaves the output right, but `skews-gradient` (a wrong slope) or
    #: `loses-gradient` (the arriving gradient is overwritten before it is used); it `corrupts` the output itself; or
    #: it is `refused` by the framework.
    in_place: Literal["safe", "skews-gradient", "loses-gradient", "corrupts", "refused"] = "safe"
    #: Backward computes with the output, so the next layer must not overwrite it.
    backward_reads_output: bool = False
