"""Parts of a tensor: `Slice` and `Split`."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Elements, Node, Symbol, Unknown, minus, spell
from netlint.ops.arithmetic import (
    MOST_AXES,
    axis_within,
    integer,
    listed,
    place_of,
    refused,
    undetermined,
)
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.reshaping import sized

_END = 2**31 - 1


def sliced(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`starts` to `ends` by `steps` along `axes`, bounds cut to the axis (ONNX Slice)."""
    shape = inputs[0] if inputs else UNKNOWN
    starts, ends = listed(node, inputs, "starts", 1), listed(node, inputs, "ends", 2)
    axes, steps = listed(node, inputs, "axes", 3), listed(node, inputs, "steps", 4)
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    rank = len(shape)
    if isinstance(axes, Unknown) or not isinstance(starts, tuple) or not isinstance(ends, tuple):
        if isinstance(axes, tuple):
            return _somewhere(node, shape, axes)
        return Outcome(((UNKNOWN,) * rank,) * len(node.outputs))
    count = len(starts)
    if axes is None:
        axes = tuple(range(count))
    if steps is None:
        steps = (1,) * count
    elif isinstance(steps, Unknown):
        steps = (UNKNOWN,) * count
    if not len(starts) == len(ends) == len(axes) == len(steps):
        return refused(
            node,
            inputs,
            report,
            "invalid-geometry",
            f"{node.label} has {len(starts)} starts, {len(ends)} ends, {len(axes)} axes and {len(steps)} steps",
            at=place_of(node, inputs, "starts", 1),
            remedy="give each axis a start, an end and a step",
        )
    result = list(shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        if isinstance(axis, Unknown):
            return Outcome(((UNKNOWN,) * rank,) * len(node.outputs))
        index = axis_within(node, inputs, report, axis, rank, at=place_of(node, inputs, "axes", 3))
        if index is None:
            return undetermined(node)
        if step == 0:
            return refused(
                node,
                inputs,
                report,
                "invalid-geometry",
                f"{node.label} walks along axis {index} by steps of 0",
                at=place_of(node, inputs, "steps", 4),
                remedy="use a step of 1, or another one that is not 0",
            )
        extent = shape[index]
        kept = _kept(extent, start, end, step)
        result[index] = kept
        # Shape chains cut lists of axes down to nothing, and computed bounds may be meant to meet.
        if kept == 0 and isinstance(extent, int) and extent > 0 and rank > 1 and _written(node, inputs):
            _empty(node, inputs, report, index, (start, end, step))
    outputs = (tuple(result),) * len(node.outputs)
    if rank == 1 and count == 1:
        return Outcome(outputs, (), (_part(sized(inputs, 0), starts[0], ends[0], steps[0]),))
    elements = sized(inputs, 0)
    if elements is None or rank != 2 or count != 1:
        return Outcome(outputs)
    # Rows of a small table: shape chains of exported Pad operators reverse them.
    width = shape[1]
    if axes[0] in (0, -2) and isinstance(width, int) and width > 0:
        rows = _part(tuple(range(len(elements) // width)), starts[0], ends[0], steps[0])
        if rows is not None:
            picked = [elements[row * width + column] for row in rows if isinstance(row, int) for column in range(width)]
            return Outcome(outputs, (), (tuple(picked),))
    return Outcome(outputs)


def _somewhere(node: Node, shape: tuple[Dim, ...], axes: tuple[Dim, ...]) -> Outcome:
    """Only the axes are known: the others keep their extent."""
    rank = len(shape)
    touched = {axis % rank for axis in axes if isinstance(axis, int) and rank and -rank <= axis < rank}
    if any(isinstance(axis, Unknown) for axis in axes):
        touched = set(range(rank))
    result = tuple(UNKNOWN if axis in touched else dim for axis, dim in enumerate(shape))
    return Outcome((result,) * len(node.outputs))


def _part(elements: Elements | None, start: Dim, end: Dim, step: Dim) -> Elements | None:
    if elements is None or not isinstance(start, int) or not isinstance(end, int) or not isinstance(step, int):
        return None
    first, last = _bounds(len(elements), start, end, step)
    # Behind the first element, going backwards: Python has no number for that end.
    return elements[first : None if last < 0 else last : step]


def _bounds(extent: int, start: int, end: int, step: int) -> tuple[int, int]:
    if start < 0:
        start += extent
    if end < 0:
        end += extent
    if step > 0:
        return min(max(start, 0), extent), min(max(end, 0), extent)
    return min(max(start, 0), extent - 1), min(max(end, -1), extent - 1)


def _kept(extent: Dim, start: Dim, end: Dim, step: Dim) -> Dim:
    """How many elements of an axis a slice keeps."""
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int):
        if isinstance(extent, int):
            if extent < 1:
                return max(extent, 0)
            first, last = _bounds(extent, start, end, step)
            return max(0, -(-(last - first) // step))
        if step == 1:
            if end >= _END:
                # An open extent is at least 1.
                return 1 if start == -1 else minus(extent, start) if start >= 0 else UNKNOWN
            if start == 0 and end < 0:
                return minus(extent, -end)
            if (start < 0) == (end < 0):
                return 0 if end <= start else UNKNOWN
        if step == -1 and start in (-1, _END, 2**63 - 1) and end <= -_END:
            return extent
        return UNKNOWN
    if start == 0 and step == 1 and isinstance(end, Symbol) and end == extent:
        return extent
    return UNKNOWN


def _written(node: Node, inputs: Arrived) -> bool:
    """Whether the bounds stand in the source itself; a trace (PyTorch) holds what was computed."""
    if node.dialect == "torch":
        return False
    return "starts" in node.attrs or all(node.inputs[slot].value.stored for slot in (1, 2) if inputs.given(slot))


def _empty(node: Node, inputs: Arrived, report: Report, axis: int, bounds: tuple[Dim, Dim, Dim]) -> None:
    start, end, step = bounds
    by = "" if step == 1 else f" by {step}"
    refused(
        node,
        inputs,
        report,
        "empty-tensor",
        f"{node.label} keeps nothing of axis {axis}: from {start} to {end}{by} there is no element "
        f"in {spell(inputs[0])}",
        at=place_of(node, inputs, "starts", 1),
        slots=(0,),
        remedy="let the start lie before the end, inside the axis",
    )


def parted(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Sizes by attribute or input, or equal parts; with `num_outputs` the last one may be smaller (ONNX Split)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or not node.outputs or len(shape) > MOST_AXES:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape))
    if axis is None:
        return undetermined(node)
    extent, count = shape[axis], len(node.outputs)
    given = listed(node, inputs, "split", 1)
    if isinstance(given, Unknown):
        sizes: tuple[Dim, ...] = (UNKNOWN,) * count
    elif given is not None and given:
        clash = _sizes_clash(given, extent, count, axis)
        if clash:
            return _bad_parts(node, inputs, report, clash)
        sizes = given
    else:
        equal = _equal(node, extent, count)
        if isinstance(equal, str):
            return _bad_parts(node, inputs, report, equal)
        sizes = equal
    outputs = tuple([(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes])
    elements = sized(inputs, 0) if len(shape) == 1 else None
    if elements is None:
        return Outcome(outputs)
    return Outcome(outputs, (), _cut(elements, sizes))


def _sizes_clash(sizes: tuple[Dim, ...], extent: Dim, count: int, axis: int) -> str:
    if len(sizes) != count:
        return f"has {count} outputs, but sizes for {len(sizes)}"
    total = 0
    for size in sizes:
        if not isinstance(size, int):
            return ""
        if size < 0:
            return f"has a part of {size} elements"
        total += size
    if isinstance(extent, int) and total != extent:
        return f"cuts axis {axis} of {extent} into parts of {', '.join(map(str, sizes[:16]))}, which add up to {total}"
    return ""


def _equal(node: Node, extent: Dim, count: int) -> tuple[Dim, ...] | str:
    said = node.get("num_outputs", count)
    if "num_outputs" in node.attrs and isinstance(said, int):
        if said != count:
            return f"says `num_outputs` {said}, but has {count} outputs"
        if not isinstance(extent, int):
            return (UNKNOWN,) * count
        size = -(-extent // count)
        last = extent - size * (count - 1)
        return (*(size,) * (count - 1), last) if last >= 0 else (UNKNOWN,) * count
    if not isinstance(extent, int):
        return (UNKNOWN,) * count
    if extent % count:
        return f"cuts {extent} into {count} equal parts, which does not come out even"
    return (extent // count,) * count


def _cut(elements: Elements, sizes: tuple[Dim, ...]) -> tuple[Elements | None, ...]:
    pieces: list[Elements | None] = []
    start = 0
    for size in sizes:
        if not isinstance(size, int):
            return ()
        pieces.append(elements[start : start + size])
        start += size
    return tuple(pieces)


def _bad_parts(node: Node, inputs: Arrived, report: Report, what: str) -> Outcome:
    return refused(
        node,
        inputs,
        report,
        "split-size-mismatch",
        f"{node.label} {what} ({spell(inputs[0])})",
        at=place_of(node, inputs, "split", 1),
        remedy="make the parts add up to the axis",
    )


def cropped(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`axes` (default all) get the extents of the second input (ONNX CenterCropPad)."""
    shape = inputs[0] if inputs else UNKNOWN
    wanted = listed(node, inputs, "", 1)
    axes = listed(node, inputs, "axes")
    if isinstance(shape, Unknown) or isinstance(axes, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    named = tuple(range(len(shape))) if axes is None else axes
    if not isinstance(wanted, tuple) or len(wanted) != len(named):
        return Outcome(((UNKNOWN,) * len(shape),) * len(node.outputs))
    result = list(shape)
    for axis, extent in zip(named, wanted, strict=True):
        index = axis_within(node, inputs, report, axis, len(shape))
        if index is None:
            return undetermined(node)
        result[index] = extent
    return Outcome((tuple(result),) * len(node.outputs))


def triangle(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape, matrices in the last two axes (ONNX Trilu)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple) and len(shape) < 2:
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} cuts a triangle out of {spell(shape)}, which is no matrix",
            remedy="feed it a value of two axes or more",
        )
    return Outcome((shape,) * len(node.outputs))


OPERATORS = (
    Operator("Slice", sliced, kind="layout", transparent=True, linear=True),
    Operator("CenterCropPad", cropped, kind="layout", linear=True),
    Operator("Trilu", triangle, kind="layout", linear=True),
)
