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
