"""Joins of several values: concatenation and elementwise sums, products and maxima."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, spell
from netlint.ops.arithmetic import axis_of, came_from, undetermined
from netlint.ops.broadcast import add, maximum, multiply
from netlint.ops.concat import concatenated
from netlint.ops.operator import Arrived, Operator, Outcome, Report, ShapeFunction


def concat(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Extents add up along `axis` and must agree everywhere else."""
    if node.dialect != "caffe":
        return concatenated(node, inputs, report)
    known = [(slot, shape) for slot, shape in enumerate(inputs) if not isinstance(shape, Unknown)]
    if not known:
        return undetermined(node)
    first_slot, first = known[0]
    axis = axis_of(node, first, report)
    if axis is None:
        return undetermined(node)
    result: list[Dim] = list(first)
    total: Dim = first[axis] if len(known) == len(inputs) else UNKNOWN
    for slot, shape in known[1:]:
        clash = _clash(first, shape, skip=axis)
        if clash:
            _mismatch(node, (first_slot, first), (slot, shape), f"concatenates along axis {axis}", clash, report)
            return undetermined(node)
        for index, dim in enumerate(shape):
            if index != axis and isinstance(result[index], Unknown):
                result[index] = dim
        extent = shape[axis]
        total = total + extent if isinstance(total, int) and isinstance(extent, int) else UNKNOWN
    result[axis] = total
    return Outcome((tuple(result),))


def _joins(broadcast: ShapeFunction) -> ShapeFunction:
    """Caffe wants one shape, the others broadcast."""

    def infer(node: Node, inputs: Arrived, report: Report) -> Outcome:
        return (elementwise if node.dialect == "caffe" else broadcast)(node, inputs, report)

    return infer


def elementwise(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """All inputs have one shape, the rank included: Caffe does not broadcast (eltwise_layer.cpp, Reshape)."""
    known = [(slot, shape) for slot, shape in enumerate(inputs) if not isinstance(shape, Unknown)]
    if not known:
        return undetermined(node)
    first_slot, first = known[0]
    result = list(first)
    for slot, shape in known[1:]:
        clash = _clash(first, shape)
        if clash:
            _mismatch(node, (first_slot, first), (slot, shape), "joins its inputs element by element", clash, report)
            return undetermined(node)
        for index, dim in enumerate(shape):
            if isinstance(result[index], Unknown):
                result[index] = dim
    return Outcome((tuple(result),))


def _clash(first: tuple[Dim, ...], other: tuple[Dim, ...], skip: int | None = None) -> str:
    """How two shapes differ outside axis `skip`, in words; empty when they agree or cannot be told apart."""
    if len(first) != len(other):
        return f"they have {len(first)} and {len(other)} axes"
    for axis, (a, b) in enumerate(zip(first, other, strict=True)):
        if axis != skip and isinstance(a, int) and isinstance(b, int) and a != b:
            return f"axis {axis} is {a} in one and {b} in the other"
    return ""


def _mismatch(
    node: Node, one: tuple[int, Shape], other: tuple[int, Shape], what: str, clash: str, report: Report
) -> None:
    (slot_a, a), (slot_b, b) = one, other
    name_a, name_b = node.inputs[slot_a].value.name, node.inputs[slot_b].value.name
    # A sum of two branches is a residual connection, which has a remedy of its own.
    residual = node.op == "Sum" and len(node.inputs) == 2
    report(
        Problem(
            "residual-add-mismatch" if residual else "merge-shape-mismatch",
            f"{node.label} {what}, but `{name_a}` is {spell(a)} and `{name_b}` is {spell(b)}: {clash}",
            node.inputs[slot_b],
            related=(*came_from(node, slot_a, a), *came_from(node, slot_b, b)),
            remedy=(
                "give both branches the same channels and stride, for instance with a 1x1 convolution on the shortcut"
                if residual
                else "make the branches agree, or crop or pad one of them before the join"
            ),
            node=node,
        )
    )


def scaled_sum(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`factors (N, C, 1, 1), x, y -> factors * x + y`: x and y are alike, the factors are one a channel
    (hujie-frank/SENet, axpy_layer.cpp, Reshape)."""
    if len(inputs) != 3:
        return undetermined(node)
    factors, x, y = inputs
    if isinstance(x, Unknown) or isinstance(y, Unknown):
        result = y if isinstance(x, Unknown) else x
    else:
        clash = _clash(x, y)
        if clash:
            _mismatch(node, (1, x), (2, y), "adds its inputs element by element", clash, report)
            return undetermined(node)
        result = tuple(b if isinstance(a, Unknown) else a for a, b in zip(x, y, strict=True))
    if not isinstance(factors, Unknown) and not isinstance(result, Unknown) and len(factors) > 1 and len(result) > 1:
        wanted = (*result[:2], *(1,) * (len(factors) - 2))
        clash = _clash(factors, wanted)
        if clash:
            _mismatch(node, (0, factors), (1, result), "multiplies each channel by one factor", clash, report)
            return undetermined(node)
    return Outcome((result,))


def merge_crop(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """The channels of both, of the first one's size, to which the second is cropped; with `add` the channels are
    summed (naibaf7/caffe src/caffe/layers/mergecrop_layer.cpp, Reshape)."""
    if len(inputs) != 2 or isinstance(inputs[0], Unknown) or isinstance(inputs[1], Unknown):
        return undetermined(node)
    a, b = inputs
    if isinstance(a, Unknown) or isinstance(b, Unknown) or len(a) < 2 or len(b) < 2:
        return undetermined(node)
    if node.get("add", False) is True:
        return Outcome((a,))
    channels = a[1] + b[1] if isinstance(a[1], int) and isinstance(b[1], int) else UNKNOWN
    return Outcome(((a[0], channels, *a[2:]),))


OPERATORS = (
    Operator("caffe::Axpy", scaled_sum, kind="merge"),
    Operator("caffe::MergeCrop", merge_crop, kind="merge", in_place="corrupts"),
    Operator("Concat", concat, kind="merge", transparent=True, linear=True, in_place="corrupts"),
    Operator("Sum", _joins(add), kind="merge", linear=True, in_place="corrupts"),
    Operator("Mul", _joins(multiply), kind="merge", in_place="loses-gradient"),
    Operator("Max", _joins(maximum), kind="merge", in_place="corrupts"),
)
