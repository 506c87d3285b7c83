"""Measures that nothing is trained on."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import came_from, integer
from netlint.ops.labels import one_label_a_position
from netlint.ops.operator import Operator, Outcome, Report


def accuracy(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar, and a second output with one accuracy a class (BVLC/caffe src/caffe/layers/accuracy_layer.cpp)."""
    one_label_a_position(node, inputs, report)
    _enough_scores(node, inputs, report)
    scores, axis = inputs[0] if inputs else UNKNOWN, integer(node, "axis", 1)
    per_class: Shape = UNKNOWN
    if not isinstance(scores, Unknown) and isinstance(axis, int) and -len(scores) <= axis < len(scores):
        per_class = (scores[axis],)
    return Outcome(((), per_class)[: len(node.outputs)])


def _enough_scores(node: Node, inputs: Sequence[Shape], report: Report) -> None:
    """accuracy_layer.cpp, Reshape: `top_k` is at most the number of scores for one label."""
    top_k = integer(node, "top_k", 1)
    if (
        len(inputs) < 2
        or isinstance(inputs[0], Unknown)
        or isinstance(inputs[1], Unknown)
        or isinstance(top_k, Unknown)
    ):
        return
    scores, labels = product(inputs[0]), product(inputs[1])
    if isinstance(scores, Unknown) or isinstance(labels, Unknown) or labels <= 0 or top_k <= scores // labels:
        return
    report(
        Problem(
            "index-out-of-range",
            f"{node.label} looks among the {top_k} best scores, but has {scores // labels} for a label "
            f"({spell(inputs[0])} scores, {spell(inputs[1])} labels)",
            node.place("top_k"),
            related=came_from(node, 0, inputs[0]),
            remedy=f"use a top_k of at most {scores // labels}",
            node=node,
        )
    )


OPERATORS = (Operator("caffe::Accuracy", accuracy, kind="metric", differentiable=False, in_place="corrupts"),)
