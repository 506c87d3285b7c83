"""Operators that collapse axes: sums, means, and the index of the largest element."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import axis_of, came_from, integer, undetermined
from netlint.ops.operator import Operator, Outcome, Report


def reduce(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """All axes from `axis` on collapse: `shape[:axis]` (BVLC/caffe src/caffe/layers/reduction_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_of(node, shape, report, default=0)
    return undetermined(node) if axis is None else Outcome((shape[:axis],))


def arg_max(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """With `axis`, that axis becomes `top_k`; without, `(N, 1, top_k)`, or `(N, 2, top_k)` with the maxima beside
    (BVLC/caffe src/caffe/layers/argmax_layer.cpp)."""
    shape, top_k = inputs[0] if inputs else UNKNOWN, integer(node, "top_k", 1)
    if isinstance(shape, Unknown):
        return undetermined(node)
    if "axis" in node.attrs:
        axis = axis_of(node, shape, report)
        if axis is None:
            return undetermined(node)
        classes = shape[axis]
        result: Shape = (*shape[:axis], top_k, *shape[axis + 1 :])
    else:
        classes = product(shape[1:])
        rows = 2 if node.get("out_max_val", False) is True else 1
        result = (shape[0], rows, top_k, *(1,) * max(len(shape) - 3, 0))
    if isinstance(classes, int) and isinstance(top_k, int) and not 1 <= top_k <= classes:
        report(
            Problem(
                "index-out-of-range",
                f"{node.label} asks for the {top_k} largest of {classes} elements ({spell(shape)})",
                node.place("top_k"),
                related=came_from(node, 0, shape),
                remedy=f"use a top_k from 1 to {classes}",
                node=node,
            )
        )
    return Outcome((result,))


OPERATORS = (
    Operator("caffe::Reduction", reduce, kind="reduction", in_place="corrupts"),
    Operator("ArgMax", arg_max, kind="reduction", differentiable=False, in_place="corrupts"),
)
