"""Learned scaling and shifting by channel: Caffe's `Scale` and `Bias`."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Problem, Shape, Unknown, spell
from netlint.ops.arithmetic import axis_of, came_from, integer, undetermined
from netlint.ops.operator import Operator, Outcome, Report


def affine(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Same shape. With one input the factors are learned and cover `num_axes` axes from `axis` (-1: to the end); with
    two they are the second input, whose shape must match there (BVLC/caffe src/caffe/layers/scale_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    outputs = (shape,) * len(node.outputs)
    if len(inputs) > 1:
        factors = inputs[1]
        if isinstance(factors, Unknown):
            return Outcome(outputs, (UNKNOWN,) * len(node.params))
        axis = 0 if not factors else axis_of(node, shape, report)
        if axis is None:
            return undetermined(node)
        covered = shape[axis : axis + len(factors)]
        if len(covered) != len(factors) or any(
            isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(covered, factors, strict=True)
        ):
            report(
                Problem(
                    "merge-shape-mismatch",
                    f"{node.label} multiplies {spell(shape)} from axis {axis} on by {spell(factors)}, which does not "
                    f"fit {spell(covered)}",
                    node.inputs[1],
                    related=(*came_from(node, 0, shape), *came_from(node, 1, factors)),
                    remedy="make the second input match the axes it scales",
                    node=node,
                )
            )
        return Outcome(outputs, (factors,) * len(node.params))
    axis, count = axis_of(node, shape, report), integer(node, "num_axes", 1)
    if axis is None or isinstance(count, Unknown):
        return undetermined(node)
    if count < -1:
        report(
            Problem(
                "invalid-geometry",
                f"{node.label} covers {count} axes: Caffe wants a number from 0, or -1 for all that follow",
                node.place("num_axes"),
                remedy="set `num_axes` to -1 or more",
                node=node,
            )
        )
        return undetermined(node)
    if count >= 0 and axis + count > len(shape):
        report(
            Problem(
                "rank-mismatch",
                f"{node.label} covers {count} axes from axis {axis} on, but its input {spell(shape)} ends before",
                node.place("num_axes", "axis"),
                related=came_from(node, 0, shape),
                remedy="cover fewer axes",
                node=node,
            )
        )
        return undetermined(node)
    factors = shape[axis:] if count == -1 else shape[axis : axis + count]
    return Outcome(outputs, (factors,) * len(node.params))


OPERATORS = (
    Operator("caffe::Scale", affine, kind="affine", linear=True),
    Operator("caffe::Bias", affine, kind="affine", linear=True),
)
