"""Measures that nothing is trained on."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Shape, Unknown
from netlint.ops.arithmetic import integer
from netlint.ops.labels import one_label_a_position
from netlint.ops.operator import Operator, Outcome, Report


def accuracy(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar, and a second output with one accuracy a class (BVLC/caffe src/caffe/layers/accuracy_layer.cpp)."""
    one_label_a_position(node, inputs, report)
    scores, axis = inputs[0] if inputs else UNKNOWN, integer(node, "axis", 1)
    per_class: Shape = UNKNOWN
    if not isinstance(scores, Unknown) and isinstance(axis, int) and -len(scores) <= axis < len(scores):
        per_class = (scores[axis],)
    return Outcome(((), per_class)[: len(node.outputs)])


OPERATORS = (Operator("caffe::Accuracy", accuracy, kind="metric", differentiable=False, in_place="corrupts"),)
