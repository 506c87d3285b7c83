"""Operators that only TensorFlow has: stacking, guarded division, resizing to a size, random numbers."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, minus, spell
from netlint.ops.activation import same
from netlint.ops.arithmetic import (
    MOST_AXES,
    MOST_ELEMENTS,
    axis_within,
    called,
    differ,
    integer,
    refused,
    undetermined,
    whole,
)
from netlint.ops.broadcast import pairwise
from netlint.ops.layout import identity
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report


def packed(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`n` values of one shape: `(d...) -> (..., n, ...)`, the new axis being `axis`
    (tensorflow/core/ops/array_ops.cc, Pack)."""
    shape: Shape = UNKNOWN
    for slot, other in enumerate(inputs):
        if isinstance(other, Unknown):
            continue
        if isinstance(shape, tuple) and (len(shape) != len(other) or any(map(differ, shape, other))):
            return refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} stacks values of one shape, but `{node.inputs[0].value.name}` is {spell(inputs[0])} and "
                f"{called(node, slot)} is {spell(other)}",
                slots=(0, slot),
                remedy="give all of them one shape",
            )
        shape = other if isinstance(shape, Unknown) else tuple(map(_known, shape, other))
    if isinstance(shape, Unknown) or len(shape) >= MOST_AXES:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape) + 1)
    if axis is None:
        return undetermined(node)
    result = (*shape[:axis], len(inputs), *shape[axis:])
    if shape or len(inputs) > MOST_ELEMENTS:
        return Outcome((result,))
    # A shape made of single numbers; what is not known among them is an open extent.
    parts = [inputs.elements(slot) for slot in range(len(inputs))]
    return Outcome((result,), (), (tuple(part[0] if part and len(part) == 1 else UNKNOWN for part in parts),))


def _known(a: Dim, b: Dim) -> Dim:
    return a if isinstance(a, int) or not isinstance(b, int) else b


def unpacked(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The parts along `axis`, which goes away (tensorflow/core/ops/array_ops.cc, Unpack)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape))
    if axis is None:
        return undetermined(node)
    count, part = shape[axis], (*shape[:axis], *shape[axis + 1 :])
    if isinstance(count, int) and node.get("num", count) != count:
        return refused(
            node,
            inputs,
            report,
            "split-size-mismatch",
            f"{node.label} takes axis {axis} of {spell(shape)} apart into {node.get('num', count)} values, but it has "
            f"{count}",
            at=node.place("num"),
            remedy=f"take {count} values",
        )
    elements = inputs.elements(0)
    each = tuple((one,) for one in elements) if elements is not None and not part else ()
    return Outcome((part,) * len(node.outputs), (), each[: len(node.outputs)])


def resized(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, H, W, C), (H', W') -> (N, H', W', C)` (tensorflow/core/ops/image_ops.cc, ResizeBilinear and others)."""
    shape, size = inputs[0] if inputs else UNKNOWN, inputs.elements(1)
    if isinstance(shape, Unknown) or len(shape) != 4:
        return undetermined(node)
    high, wide = whole(size) if size is not None and len(size) == 2 else (UNKNOWN, UNKNOWN)
    return Outcome(((shape[0], high, wide, shape[3]),) * len(node.outputs))


def cut(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`value, begin, size`: of each axis `size` elements from `begin` on, all that follow where it is -1
    (tensorflow/core/ops/array_ops.cc, Slice)."""
    begins, sizes = inputs.elements(1), inputs.elements(2)
    shape = inputs[0] if inputs else UNKNOWN
    if sizes is None:
        rank = len(shape) if isinstance(shape, tuple) else 0
        return Outcome(((UNKNOWN,) * rank if rank else UNKNOWN,) * len(node.outputs))
    wanted, first = whole(sizes), whole(begins) if begins is not None else (UNKNOWN,) * len(sizes)
    result: list[Dim] = []
    for axis, size in enumerate(wanted):
        extent = shape[axis] if isinstance(shape, tuple) and axis < len(shape) else UNKNOWN
        start = first[axis] if axis < len(first) else UNKNOWN
        result.append(minus(extent, start) if size == -1 else size)
    elements = inputs.elements(0)
    if elements is None or len(result) != 1 or not isinstance(first[0], int) or not isinstance(result[0], int):
        return Outcome((tuple(result),) * len(node.outputs))
    return Outcome((tuple(result),) * len(node.outputs), (), (elements[first[0] : first[0] + result[0]],))


def second(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The second input's shape: a condition of one axis picks whole rows (tensorflow/core/ops/math_ops.cc, Select)."""
    return Outcome((inputs[1] if len(inputs) > 1 else UNKNOWN,) * len(node.outputs))


def rank(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The number of axes."""
    shape = inputs[0] if inputs else UNKNOWN
    count = len(shape) if isinstance(shape, tuple) else UNKNOWN
    return Outcome(((),) * len(node.outputs), (), ((count,),))


def drawn(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Random numbers in the shape that the first input holds (tensorflow/core/ops/random_ops.cc)."""
    elements = inputs.elements(0)
    return Outcome((UNKNOWN if elements is None else whole(elements),) * len(node.outputs))


def within_best(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """One answer for each target (tensorflow/core/ops/nn_ops.cc, InTopK)."""
    return second(node, inputs, _report)


_GUARDED = ("DivNoNan", "MulNoNan", "Xdivy", "Xlogy", "Xlog1py", "FloorDiv", "TruncateDiv", "Atan2")

OPERATORS = (
    Operator("tensorflow::Pack", packed, kind="merge", transparent=True, linear=True),
    Operator("tensorflow::Unpack", unpacked, kind="layout", transparent=True, linear=True),
    *(Operator(f"tensorflow::{name}", pairwise(None)) for name in _GUARDED),
    Operator("tensorflow::Select", second),
    Operator("tensorflow::Slice", cut, kind="layout", transparent=True, linear=True),
    Operator("tensorflow::Reverse", same, kind="layout", transparent=True, linear=True),
    Operator("tensorflow::Erfc", same, kind="activation", activation=Activation(0, 2)),
    Operator("tensorflow::Resize", resized, kind="layout", linear=True),
    Operator("tensorflow::Rank", rank, differentiable=False),
    Operator("tensorflow::Random", drawn, differentiable=False),
    Operator("tensorflow::StopGradient", identity, kind="layout", transparent=True, differentiable=False),
    Operator("tensorflow::ConstantLike", same, differentiable=False),
    Operator("tensorflow::Expm1", same, kind="activation", activation=Activation(low=-1, keeps_zero=True)),
    # Borrowed by layer normalisation, with statistics of each sample.
    Operator("tensorflow::FusedBatchNorm", same, kind="normalisation"),
    Operator("tensorflow::InTopK", within_best, kind="metric", differentiable=False),
)
