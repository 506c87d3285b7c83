"""Mathematical functions of one input, and casts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from netlint.model import UNKNOWN, Node
from netlint.ops import values
from netlint.ops.activation import same
from netlint.ops.arithmetic import MOST_ELEMENTS
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report, ShapeFunction
from netlint.ops.values import Element


def mapped(change: Callable[[Element], Element]) -> ShapeFunction:
    """The shape function of an operator that keeps the shape and computes each element by `change`."""

    def infer(node: Node, inputs: Arrived, _report: Report) -> Outcome:
        outputs = (inputs[0] if inputs else UNKNOWN,) * len(node.outputs)
        elements = inputs.elements(0)
        if elements is None or len(elements) > MOST_ELEMENTS:
            return Outcome(outputs)
        return Outcome(outputs, (), (tuple(map(change, elements)),))

    return infer


_CASTS: Final[dict[str, Callable[[Element], Element]]] = {
    "int64": values.to_long,
    "int32": values.to_integer,
    "float32": values.to_float,
    "float64": values.to_float,
    "bool": values.to_truth,
}


def cast(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; elements are converted where 32 bits decide it."""
    outputs = (inputs[0] if inputs else UNKNOWN,) * len(node.outputs)
    elements = inputs.elements(0)
    if elements is None or len(elements) > MOST_ELEMENTS:
        return Outcome(outputs)
    name = node.inputs[1].value.dtype if len(inputs) > 1 else node.get("to", "")
    change = _CASTS.get(name) if isinstance(name, str) else None
    return Outcome(outputs) if change is None else Outcome(outputs, (), (tuple(map(change, elements)),))


def _curve(name: str, low: float = float("-inf"), high: float = float("inf"), *, zero: bool = False) -> Operator:
    return Operator(name, same, kind="activation", activation=Activation(low, high, zero))


_HALF_TURN: Final = 3.1415927

OPERATORS = (
    Operator("Cast", cast, kind="layout", transparent=True, linear=True),
    Operator("CastLike", cast, kind="layout", transparent=True, linear=True),
    Operator("BitCast", same, kind="layout", differentiable=False),
    Operator("Neg", mapped(values.negated), kind="affine", linear=True),
    Operator("Sqrt", mapped(values.root), kind="activation", activation=Activation(0, keeps_zero=True)),
    _curve("Reciprocal"),
    _curve("Erf", -1, 1, zero=True),
    _curve("Sin", -1, 1, zero=True),
    _curve("Cos", -1, 1),
    _curve("Tan", zero=True),
    _curve("Asin", -_HALF_TURN / 2, _HALF_TURN / 2, zero=True),
    _curve("Acos", 0, _HALF_TURN),
    _curve("Atan", -_HALF_TURN / 2, _HALF_TURN / 2, zero=True),
    _curve("Sinh", zero=True),
    _curve("Cosh", 1),
    _curve("Asinh", zero=True),
    _curve("Acosh", 0),
    _curve("Atanh", zero=True),
    *(
        Operator(name, mapped(change), kind="activation", activation=Activation(keeps_zero=True), differentiable=False)
        for name, change in (("Floor", values.rounded_down), ("Ceil", values.rounded_up))
    ),
    Operator("Round", same, kind="activation", activation=Activation(keeps_zero=True), differentiable=False),
    Operator("Sign", same, kind="activation", activation=Activation(-1, 1, keeps_zero=True), differentiable=False),
    Operator("BitwiseNot", same, kind="other", differentiable=False),
)
