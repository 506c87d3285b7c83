"""Random tensors, and tensors that are like another one."""

from __future__ import annotations

from netlint.model import UNKNOWN, Node, Shape, Unknown
from netlint.ops.activation import same
from netlint.ops.arithmetic import MOST_AXES, integer, listed, needs_rank, undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def drawn(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The shape that the attribute says (ONNX RandomNormal, RandomUniform)."""
    shape = listed(node, inputs, "shape")
    given: Shape = shape if isinstance(shape, tuple) and len(shape) <= MOST_AXES else UNKNOWN
    return Outcome((given,) * len(node.outputs))


def sampled(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, classes) -> (N, sample_size)` (ONNX Multinomial)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or not needs_rank(node, 0, shape, 2, "batch and classes", report):
        return undetermined(node)
    return Outcome(((shape[0], integer(node, "sample_size", 1)),) * len(node.outputs))


OPERATORS = (
    *(Operator(name, drawn, kind="source") for name in ("RandomNormal", "RandomUniform")),
    *(Operator(name, same, differentiable=False) for name in ("RandomNormalLike", "RandomUniformLike", "Bernoulli")),
    Operator("Multinomial", sampled, differentiable=False),
)
