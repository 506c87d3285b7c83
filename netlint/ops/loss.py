"""Losses, under the names that PyTorch gave them; what it has no name for keeps its dialect's."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import axis_of, called, came_from, differ, integer, refused, unlike
from netlint.ops.broadcast import wider
from netlint.ops.labels import one_label_a_position, one_label_an_item, same_count, two_vectors
from netlint.ops.operator import Arrived, Loss, Operator, Outcome, Report


def _scalars(node: Node) -> Outcome:
    return Outcome(((),) * len(node.outputs), (UNKNOWN,) * len(node.params))


def class_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; one integer label for each position of the scores, or with `dense_targets` one number for each score.
    With `reduction` none one loss for each position."""
    if node.get("dense_targets", False) is True:
        same_count(node, inputs, report)
    else:
        one_label_a_position(node, inputs, report)
    if node.get("reduction", "mean") == "none":
        return Outcome((_without_classes(node, inputs),) * len(node.outputs), (UNKNOWN,) * len(node.params))
    # A second output holds the probabilities; a third one, which only forks have, a loss a position.
    outputs: tuple[Shape, ...] = ((), inputs[0] if inputs else UNKNOWN, UNKNOWN)
    return Outcome(outputs[: len(node.outputs)], (UNKNOWN,) * len(node.params))


def _without_classes(node: Node, inputs: Sequence[Shape]) -> Shape:
    shape, axis = inputs[0] if inputs else UNKNOWN, integer(node, "axis", 1)
    if isinstance(shape, Unknown) or isinstance(axis, Unknown) or not -len(shape) <= axis < len(shape):
        return UNKNOWN
    axis %= len(shape)
    return (*shape[:axis], *shape[axis + 1 :])


def element_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; as many targets as predictions. With `reduction` none one loss for each element."""
    same_count(node, inputs, report)
    if node.get("reduction", "mean") == "none":
        return Outcome((inputs[0] if inputs else UNKNOWN,) * len(node.outputs))
    return _scalars(node)


def squared_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; same batch and same size a sample: (N, 1) against (N,) is fine (euclidean_loss_layer.cpp). With
    `reduction` none one loss for each pair that broadcasting makes."""
    if node.get("reduction", "mean") == "none":
        return broadcast(node, inputs)
    same_count(node, inputs, report, first_axis=True)
    return _scalars(node)


def broadcast(node: Node, inputs: Sequence[Shape]) -> Outcome:
    """One number for each pair of elements that meet."""
    one, other = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    result = wider(one, other) if isinstance(one, tuple) and isinstance(other, tuple) else None
    return Outcome((UNKNOWN if result is None else result,) * len(node.outputs))


def region_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar, and perhaps a second output with one loss for each region, whose shape is otherwise the fork's affair
    (Intel's src/caffe/layers/smooth_L1_loss_ohem_layer.cpp, Reshape: the channels become one)."""
    if node.dialect != "caffe":
        return squared_loss(node, inputs, report)
    same_count(node, inputs, report, first_axis=True)
    shape = inputs[0] if inputs else UNKNOWN
    each: Shape = UNKNOWN
    if node.get("each", False) is True and not isinstance(shape, Unknown) and len(shape) > 1:
        each = (shape[0], 1, *shape[2:])
    outputs: tuple[Shape, ...] = ((), each)
    return Outcome(outputs[: len(node.outputs)])


def center_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; the `(classes, features)` centres are learned (ydwen/caffe-face, center_loss_layer.cpp)."""
    shape, classes = inputs[0] if inputs else UNKNOWN, integer(node, "classes", 0)
    axis = None if isinstance(shape, Unknown) else axis_of(node, shape, report)
    features = UNKNOWN if axis is None or isinstance(shape, Unknown) else product(shape[axis:])
    return Outcome(((),) * len(node.outputs), ((classes, features),))


def item_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; one label for each item of the batch."""
    one_label_an_item(node, inputs, report)
    return _scalars(node)


def pair_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """A scalar; two vectors of one size and a mark for each item."""
    two_vectors(node, inputs, report)
    return _scalars(node)


def weighted_class_loss(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """As `class_loss`; a third input holds one factor for each pair of classes (infogain_loss_layer.cpp, Reshape)."""
    if len(inputs) > 2 and isinstance(inputs[0], tuple) and isinstance(inputs[2], tuple):
        axis = axis_of(node, inputs[0], report)
        classes, factors = inputs[0][axis] if axis is not None else UNKNOWN, product(inputs[2])
        if isinstance(classes, int) and isinstance(factors, int) and factors != classes * classes:
            report(
                Problem(
                    "merge-shape-mismatch",
                    f"{node.label} compares {classes} classes, but `{node.inputs[2].value.name}` is "
                    f"{spell(inputs[2])}, which is not {classes}x{classes}",
                    node.inputs[2],
                    related=(*came_from(node, 0, inputs[0]), *came_from(node, 2, inputs[2])),
                    remedy="give a factor for each pair of classes",
                    node=node,
                )
            )
    return class_loss(node, inputs, report)


def reduced_loss(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`scores (N, C, d...), labels (N, d...)`, perhaps a weight a class `(C,)`: a scalar, or with `reduction` none a
    loss a label; a second output holds the log-probabilities (ONNX SoftmaxCrossEntropyLoss,
    NegativeLogLikelihoodLoss)."""
    scores, labels = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    each: Shape = labels
    if isinstance(scores, tuple) and len(scores) > 1:
        wanted = (scores[0], *scores[2:])
        if isinstance(labels, tuple) and unlike(labels, wanted):
            return refused(
                node,
                inputs,
                report,
                "loss-label-count",
                f"{node.label} gets scores {spell(scores)} and needs labels {spell(wanted)}, but {called(node, 1)} is "
                f"{spell(labels)}",
                slots=(0, 1),
                remedy="give one label for each position of the scores",
            )
        each = wanted if isinstance(labels, Unknown) else labels
        weights = inputs[2] if len(inputs) > 2 and inputs.given(2) else UNKNOWN
        if isinstance(weights, tuple) and (len(weights) != 1 or differ(weights[0], scores[1])):
            return refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} has {scores[1]} classes ({spell(scores)}), but weights {spell(weights)}",
                slots=(0, 2),
                remedy="give one weight for each class",
            )
    reduction = node.get("reduction", "mean")
    result: Shape = each if reduction == "none" else UNKNOWN if isinstance(reduction, Unknown) else ()
    return Outcome((result, scores)[: len(node.outputs)])


OPERATORS = (
    Operator(
        "SoftmaxCrossEntropyLoss",
        reduced_loss,
        kind="loss",
        loss=Loss(expects="logits", applies="softmax", targets="classes"),
    ),
    Operator("NegativeLogLikelihoodLoss", reduced_loss, kind="loss", loss=Loss(expects="values", targets="classes")),
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
    Operator("BCELoss", element_loss, kind="loss", in_place="corrupts", loss=Loss(expects="probabilities")),
    Operator("MSELoss", squared_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", regression=True)),
    Operator("L1Loss", squared_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", regression=True)),
    Operator("HuberLoss", squared_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", regression=True)),
    Operator(
        "SmoothL1Loss", region_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", regression=True)
    ),
    Operator(
        "caffe::CenterLoss",
        center_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="values", targets="other"),
    ),
    Operator(
        "caffe::MultinomialLogisticLoss",
        item_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="probabilities", targets="classes"),
    ),
    Operator(
        "caffe::InfogainLoss",
        weighted_class_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="logits", applies="softmax", targets="classes"),
    ),
    Operator(
        "caffe::HingeLoss", item_loss, kind="loss", in_place="corrupts", loss=Loss(expects="values", targets="classes")
    ),
    Operator(
        "caffe::ContrastiveLoss",
        pair_loss,
        kind="loss",
        in_place="corrupts",
        loss=Loss(expects="values", targets="other"),
    ),
)
