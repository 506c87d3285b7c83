"""Training steps inside a graph: the operators of `ai.onnx.preview.training`."""

from __future__ import annotations

from netlint.model import UNKNOWN, Node, Shape
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.sequence import opaque

_PREFIX = "ai.onnx.preview.training::"


def stepped(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`rate, step, tensors..., gradients..., states... -> new tensors..., new states...`: tensor by tensor the shapes
    stay (ONNX Adagrad, Adam, Momentum)."""
    states = 2 if node.op.endswith("Adam") else 1
    tensors = (len(inputs) - 2) // (2 + states) if len(inputs) > 2 else 0
    results: list[Shape] = [inputs[2 + index] for index in range(tensors)]
    results += [inputs[2 + 2 * tensors + index] for index in range(states * tensors)]
    results += [UNKNOWN] * len(node.outputs)
    return Outcome(tuple(results[: len(node.outputs)]))


OPERATORS = (
    *(Operator(_PREFIX + name, stepped, kind="sink") for name in ("Adagrad", "Adam", "Momentum")),
    Operator(_PREFIX + "Gradient", opaque, differentiable=False),
)
