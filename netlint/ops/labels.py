"""How many labels a prediction needs: the arithmetic that losses and accuracies share."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import axis_of, came_from
from netlint.ops.operator import Report


def one_label_a_position(node: Node, inputs: Sequence[Shape], report: Report) -> None:
    """Integer labels: as many as the scores have positions outside the class axis
    (BVLC/caffe src/caffe/layers/softmax_loss_layer.cpp, accuracy_layer.cpp: CHECK_EQ outer_num_ * inner_num_)."""
    if len(inputs) < 2 or isinstance(inputs[0], Unknown):
        return
    scores, labels = inputs[0], inputs[1]
    axis = axis_of(node, scores, report)
    if axis is None or isinstance(labels, Unknown):
        return
    positions, given = product((*scores[:axis], *scores[axis + 1 :])), product(labels)
    if isinstance(positions, Unknown) or isinstance(given, Unknown):
        # The batch may be unknown on both sides and still cancel out.
        if not (scores and labels and axis != 0 and scores[0] == labels[0]):
            return
        positions, given = product((*scores[1:axis], *scores[axis + 1 :])), product(labels[1:])
        if isinstance(positions, Unknown) or isinstance(given, Unknown):
            return
    if positions == given:
        return
    spatial = len(scores) > 2 and product(scores[2:]) != 1
    report(
        Problem(
            "loss-label-count",
            f"{node.label} gets scores {spell(scores)} for {positions} positions, but {given} labels ({spell(labels)})",
            node.inputs[0] if spatial else node.inputs[1],
            related=(*came_from(node, 0, scores), *came_from(node, 1, labels)),
            remedy=(
                "reduce the map to one score a class (global pooling or an InnerProduct layer), or give one label a "
                "pixel"
                if spatial
                else "give one label for each position of the scores"
            ),
            node=node,
        )
    )


def same_count(node: Node, inputs: Sequence[Shape], report: Report, *, first_axis: bool = False) -> None:
    """Predictions and targets of one size; with `first_axis` only the batch and the rest's product must agree."""
    if len(inputs) < 2 or isinstance(inputs[0], Unknown) or isinstance(inputs[1], Unknown):
        return
    a, b = inputs[0], inputs[1]
    if first_axis and a and b:
        pairs = [(a[0], b[0]), (product(a[1:]), product(b[1:]))]
    else:
        pairs = [(product(a), product(b))]
    if all(isinstance(x, Unknown) or isinstance(y, Unknown) or x == y for x, y in pairs):
        return
    report(
        Problem(
            "loss-label-count",
            f"{node.label} compares {spell(a)} with {spell(b)}, which do not have the same number of elements",
            node.inputs[1],
            related=(*came_from(node, 0, a), *came_from(node, 1, b)),
            remedy="give one target for each output",
            node=node,
        )
    )


def one_label_an_item(node: Node, inputs: Sequence[Shape], report: Report) -> None:
    """A single label for each item of the batch
    (BVLC/caffe src/caffe/layers/loss_layer.cpp and multinomial_logistic_loss_layer.cpp)."""
    if len(inputs) < 2 or isinstance(inputs[0], Unknown) or isinstance(inputs[1], Unknown):
        return
    scores, labels = inputs[0], inputs[1]
    if not scores or not labels:
        return
    batches = isinstance(scores[0], int) and isinstance(labels[0], int) and scores[0] != labels[0]
    several = node.op == "caffe::MultinomialLogisticLoss" and any(
        isinstance(dim, int) and dim != 1 for dim in labels[1:]
    )
    if batches or several:
        report(
            Problem(
                "loss-label-count",
                f"{node.label} wants one label for each of {scores[0]} items, but gets {spell(labels)}",
                node.inputs[1],
                related=(*came_from(node, 0, scores), *came_from(node, 1, labels)),
                remedy="give one label for each item of the batch",
                node=node,
            )
        )


def two_vectors(node: Node, inputs: Sequence[Shape], report: Report) -> None:
    """Two vectors of one size for each item, and whether they belong together
    (BVLC/caffe src/caffe/layers/contrastive_loss_layer.cpp, LayerSetUp)."""
    for slot, shape in enumerate(inputs[:3]):
        if not isinstance(shape, Unknown) and any(
            isinstance(dim, int) and dim != 1 for dim in shape[1 if slot == 2 else 2 :]
        ):
            wanted = "one number" if slot == 2 else "one vector"
            report(
                Problem(
                    "rank-mismatch",
                    f"{node.label} wants {wanted} for each item, but "
                    f"`{node.inputs[slot].value.name}` is {spell(shape)}",
                    node.inputs[slot],
                    related=came_from(node, slot, shape),
                    remedy="end the branch with an InnerProduct layer" if slot < 2 else "give one number for each pair",
                    node=node,
                )
            )
            return
    a, b = inputs[0] if inputs else (), inputs[1] if len(inputs) > 1 else ()
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) > 1 and len(b) > 1:
        same_count(node, inputs, report, first_axis=True)
