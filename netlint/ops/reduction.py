"""Operators that collapse axes: sums, means, and the index of the largest element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from functools import reduce as fold

from netlint.model import UNKNOWN, Elements, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import (
    MOST_AXES,
    MOST_ELEMENTS,
    axis_of,
    axis_within,
    came_from,
    differ,
    integer,
    listed,
    number,
    place_of,
    refused,
    undetermined,
)
from netlint.ops.operator import Arrived, Operator, Outcome, Report, ShapeFunction
from netlint.ops.values import Element, added, larger, multiplied, smaller


def reduce(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """All axes from `axis` on collapse: `shape[:axis]` (BVLC/caffe src/caffe/layers/reduction_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_of(node, shape, report, default=0)
    return undetermined(node) if axis is None else Outcome((shape[:axis],))


def arg_max(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """With `axis`, that axis becomes `top_k`; without, `(N, 1, top_k)`, or `(N, 2, top_k)` with the maxima beside
    (BVLC/caffe src/caffe/layers/argmax_layer.cpp)."""
    if node.dialect != "caffe":
        return index_of_extreme(node, inputs, report)
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


def collapse(compute: Callable[[Elements], Element] | None = None) -> ShapeFunction:
    """The shape function of a reduction along `axes` (an attribute, later an input; none: all of them), which are
    kept as 1 unless `keepdims` is 0; `compute` joins the elements of a vector (ONNX Reduce*)."""

    def infer(node: Node, inputs: Arrived, report: Report) -> Outcome:
        shape = inputs[0] if inputs else UNKNOWN
        keep = node.get("keepdims", 1)
        axes = listed(node, inputs, "axes", 1)
        if isinstance(shape, Unknown) or len(shape) > MOST_AXES or not isinstance(keep, int):
            return undetermined(node)
        rank = len(shape)
        if isinstance(axes, Unknown):
            return Outcome(((UNKNOWN,) * rank if keep else UNKNOWN,) * len(node.outputs))
        if not axes:
            if node.get("noop_with_empty_axes", 0) == 1:
                return Outcome((shape,) * len(node.outputs))
            named = set(range(rank))
        else:
            place = place_of(node, inputs, "axes", 1)
            named = set()
            for axis in axes:
                index = axis_within(node, inputs, report, axis, rank, at=place)
                if index is None:
                    open_rank = keep and isinstance(axis, Unknown)
                    return Outcome(((UNKNOWN,) * rank,) * len(node.outputs)) if open_rank else undetermined(node)
                named.add(index)
        if keep:
            result = tuple([1 if axis in named else dim for axis, dim in enumerate(shape)])
        else:
            result = tuple([dim for axis, dim in enumerate(shape) if axis not in named])
        elements = inputs.elements(0) if compute is not None and rank == 1 and named else None
        if compute is None or not elements or len(elements) > MOST_ELEMENTS:
            return Outcome((result,) * len(node.outputs))
        return Outcome((result,) * len(node.outputs), (), ((compute(elements),),))

    return infer


def _each(join: Callable[[Element, Element], Element]) -> ShapeFunction:
    return collapse(partial(fold, join))


def index_of_extreme(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`axis` becomes 1, or goes away without `keepdims` (ONNX ArgMax, ArgMin)."""
    shape, keep = inputs[0] if inputs else UNKNOWN, node.get("keepdims", 1)
    if isinstance(shape, Unknown) or not isinstance(keep, int) or len(shape) > MOST_AXES:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape))
    if axis is None:
        return undetermined(node)
    return Outcome(((*shape[:axis], *((1,) if keep else ()), *shape[axis + 1 :]),) * len(node.outputs))


def running(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; the axis is the second input (ONNX CumSum, CumProd)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple):
        place = place_of(node, inputs, "axis", 1)
        axis_within(node, inputs, report, number(node, inputs, "axis", 1, 0), len(shape), at=place)
    return Outcome((shape,) * len(node.outputs))


def determinant(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(b..., M, M) -> (b...)` (ONNX Det)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    if len(shape) < 2 or differ(shape[-1], shape[-2]):
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} needs square matrices, but gets {spell(shape)}",
            remedy="feed it values whose last two axes are equal",
        )
    return Outcome((shape[:-2],) * len(node.outputs))


def unit_length(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; vectors along `axis` get length 1 (ONNX LpNormalization)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple) and shape:
        axis_within(node, inputs, report, integer(node, "axis", -1), len(shape))
    return Outcome((shape,) * len(node.outputs))


OPERATORS = (
    Operator("ReduceMean", collapse(), kind="reduction", linear=True),
    Operator("ReduceSum", _each(added), kind="reduction", linear=True),
    Operator("ReduceProd", _each(multiplied), kind="reduction"),
    Operator("ReduceMax", _each(larger), kind="reduction"),
    Operator("ReduceMin", _each(smaller), kind="reduction"),
    *(
        Operator(name, collapse(), kind="reduction")
        for name in ("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare")
    ),
    Operator("ArgMin", index_of_extreme, kind="reduction", differentiable=False),
    Operator("CumSum", running, linear=True),
    Operator("CumProd", running),
    Operator("Det", determinant, kind="reduction"),
    Operator("LpNormalization", unit_length, kind="normalisation"),
    Operator("caffe::Reduction", reduce, kind="reduction", in_place="corrupts"),
    Operator("ArgMax", arg_max, kind="reduction", differentiable=False, in_place="corrupts"),
)
