"""How an operator is described: once, by traits and a shape function, for every dialect and every fact."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

from netlint.model import Node, Problem, Shape

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
    """What a shape function infers: the shape of every output and of every parameter, in the node's order."""

    outputs: tuple[Shape, ...]
    params: tuple[Shape, ...] = ()


Report: TypeAlias = Callable[[Problem], None]
ShapeFunction: TypeAlias = Callable[[Node, Sequence[Shape], Report], Outcome]


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
