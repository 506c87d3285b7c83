"""Losses, under the names that PyTorch gave them; what it has no name for keeps its dialect's."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Shape
from netlint.ops.labels import one_label_a_position, same_count
from netlint.ops.operator import Loss, Operator, Outcome, Report


def _scalars(node: Node) -> Outcome:
    return Outcome(((),) * len(node.outputs), (UNKNOWN,) * len(node.params))


def class_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; one integer label for each position of the scores."""
    one_label_a_position(node, inputs, report)
    return _scalars(node)


def element_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; as many targets as predictions."""
    same_count(node, inputs, report)
    return _scalars(node)


def squared_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; same batch and same size a sample: (N, 1) against (N,) is fine (euclidean_loss_layer.cpp)."""
    same_count(node, inputs, report, first_axis=True)
    return _scalars(node)


def other_loss(node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """A scalar."""
    return _scalars(node)


OPERATORS = (
    Operator(
        "CrossEntropyLoss",
        class_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="logits", applies="softmax", targets="classes"),
    ),
    Operator(
        "BCEWithLogitsLoss",
        element_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="logits", applies="sigmoid"),
    ),
    Operator("MSELoss", squared_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", regression=True)),
    Operator("L1Loss", squared_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", regression=True)),
    Operator(
        "caffe::MultinomialLogisticLoss",
        other_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="probabilities", targets="classes"),
    ),
    Operator(
        "caffe::InfogainLoss",
        class_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="logits", applies="softmax", targets="classes"),
    ),
    Operator(
        "caffe::HingeLoss", other_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", targets="classes")
    ),
    Operator(
        "caffe::ContrastiveLoss",
        other_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="values", targets="other"),
    ),
)
