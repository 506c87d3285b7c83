"""Elements picked and placed by index: `Gather`, `Scatter`, `TopK`, `OneHot` and their relatives."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Elements, Node, Shape, Unknown, product, spell
from netlint.ops.arithmetic import (
    MOST_AXES,
    MOST_ELEMENTS,
    axis_within,
    called,
    differ,
    integer,
    number,
    place_of,
    refused,
    undetermined,
    unlike,
)
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.reshaping import sized
from netlint.ops.values import Element


def gathered(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`data (a..., X, b...), indices (i...) -> (a..., i..., b...)` along `axis` (ONNX Gather)."""
    if len(inputs) < 2:
        return undetermined(node)
    data, indices = inputs[0], inputs[1]
    if isinstance(data, Unknown) or len(data) > MOST_AXES:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(data))
    if axis is None:
        return undetermined(node)
    picks = inputs.elements(1)
    if picks is not None and _outside(node, inputs, report, picks, data[axis], axis):
        return undetermined(node)
    if isinstance(indices, Unknown) or len(indices) > MOST_AXES:
        return undetermined(node)
    outputs = ((*data[:axis], *indices, *data[axis + 1 :]),) * len(node.outputs)
    if picks is None or axis or len(picks) > MOST_ELEMENTS:
        return Outcome(outputs)
    table = sized(inputs, 0)
    extent = data[0]
    if table is None or not isinstance(extent, int) or extent < 1:
        return Outcome(outputs)
    return Outcome(outputs, (), (_rows(table, picks, extent),))


def _rows(table: Elements, picks: Elements, extent: int) -> Elements | None:
    """Those rows of a table that the picks name."""
    width = len(table) // extent
    if width * len(picks) > MOST_ELEMENTS:
        return None
    found: list[Element] = []
    for pick in picks:
        if isinstance(pick, int) and -extent <= pick < extent:
            start = pick % extent * width
            found += table[start : start + width]
        else:
            found += [UNKNOWN] * width
    return tuple(found)


def _outside(node: Node, inputs: Arrived, report: Report, picks: Elements, extent: Dim, axis: int) -> bool:
    """Whether a known index points outside of an axis, which is reported."""
    if not isinstance(extent, int) or extent < 0:
        return False
    wrong = next((pick for pick in picks if isinstance(pick, int) and not -extent <= pick < extent), None)
    if wrong is None:
        return False
    refused(
        node,
        inputs,
        report,
        "index-out-of-range",
        f"{node.label} takes index {wrong} of axis {axis}, but {called(node, 0)} {spell(inputs[0])} has only {extent} "
        "there",
        slots=(0, 1),
        remedy=f"use indices from {-extent} to {extent - 1}" if extent else "index no empty axis",
    )
    return True


def gathered_elements(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The shape of the indices, which have as many axes as the data (ONNX GatherElements)."""
    data, indices = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(data, tuple):
        if not _same_rank(node, inputs, report, (0, 1)):
            return undetermined(node)
        axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(data))
        picks = inputs.elements(1)
        if axis is not None and picks is not None and _outside(node, inputs, report, picks, data[axis], axis):
            return undetermined(node)
    return Outcome((indices,) * len(node.outputs))


def _same_rank(node: Node, inputs: Arrived, report: Report, slots: tuple[int, int]) -> bool:
    one, other = inputs[slots[0]], inputs[slots[1]]
    if isinstance(one, Unknown) or isinstance(other, Unknown) or len(one) == len(other):
        return True
    refused(
        node,
        inputs,
        report,
        "rank-mismatch",
        f"{node.label} needs inputs of one rank, but {called(node, slots[0])} is {spell(one)} and "
        f"{called(node, slots[1])} is {spell(other)}",
        slots=slots,
        remedy="give both the same number of axes",
    )
    return False


def gathered_slices(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`data, indices (i..., k) -> (i..., data's axes behind the batch and k)` (ONNX GatherND)."""
    if len(inputs) < 2:
        return undetermined(node)
    data, indices, batch = inputs[0], inputs[1], integer(node, "batch_dims", 0)
    if isinstance(data, Unknown) or isinstance(indices, Unknown) or not isinstance(batch, int):
        return undetermined(node)
    if not indices or batch < 0 or max(len(data), len(indices)) > MOST_AXES:
        return undetermined(node)
    depth = _depth(node, inputs, report, len(data) - batch)
    if depth is None:
        return undetermined(node)
    picks = inputs.elements(1)
    if picks is not None and depth:
        for offset in range(depth):
            if _outside(node, inputs, report, picks[offset::depth], data[batch + offset], batch + offset):
                return undetermined(node)
    return Outcome(((*indices[:-1], *data[batch + depth :]),) * len(node.outputs))


def _depth(node: Node, inputs: Arrived, report: Report, room: int) -> int | None:
    """How many axes each index names: the last extent of the indices; None when unknown or (reported) too many."""
    indices = inputs[1]
    depth = UNKNOWN if isinstance(indices, Unknown) or not indices else indices[-1]
    if not isinstance(depth, int) or depth < 0:
        return None
    if depth > room:
        refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"each index of {node.label} names {depth} axes ({called(node, 1)} is {spell(indices)}), but "
            f"{called(node, 0)} {spell(inputs[0])} has {room} of them",
            slots=(0, 1),
            remedy="let the last axis of the indices be no longer than the rank of the data",
        )
        return None
    return depth


def scattered(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The data's shape; indices and updates have one shape and the data's rank (ONNX ScatterElements)."""
    data = inputs[0] if inputs else UNKNOWN
    if isinstance(data, tuple) and len(inputs) > 2:
        if not _same_rank(node, inputs, report, (0, 1)):
            return undetermined(node)
        indices, updates = inputs[1], inputs[2]
        if isinstance(indices, tuple) and isinstance(updates, tuple) and unlike(indices, updates):
            _unlike(node, inputs, report, indices, updates, "one update for each index")
            return undetermined(node)
        axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(data))
        picks = inputs.elements(1)
        if axis is not None and picks is not None and _outside(node, inputs, report, picks, data[axis], axis):
            return undetermined(node)
    return Outcome((data,) * len(node.outputs))


def _unlike(node: Node, inputs: Arrived, report: Report, wanted: Shape, updates: Shape, why: str) -> None:
    refused(
        node,
        inputs,
        report,
        "merge-shape-mismatch",
        f"{node.label} needs {why}, {spell(wanted)}, but {called(node, 2)} is {spell(updates)}",
        slots=(1, 2),
        remedy=f"give updates of shape {spell(wanted)}",
    )


def scattered_slices(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The data's shape; updates are `indices[:-1] + data[k:]`, k being the indices' last extent (ONNX ScatterND)."""
    data = inputs[0] if inputs else UNKNOWN
    if isinstance(data, tuple) and len(inputs) > 2 and isinstance(inputs[1], tuple) and inputs[1]:
        indices, updates = inputs[1], inputs[2]
        depth = _depth(node, inputs, report, len(data))
        if depth is None:
            return Outcome((data,) * len(node.outputs))
        wanted = (*indices[:-1], *data[depth:])
        if isinstance(updates, tuple) and unlike(updates, wanted):
            _unlike(node, inputs, report, wanted, updates, "one slice for each index")
            return undetermined(node)
        picks = inputs.elements(1)
        if picks is not None and depth:
            for axis in range(depth):
                if _outside(node, inputs, report, picks[axis::depth], data[axis], axis):
                    return undetermined(node)
    return Outcome((data,) * len(node.outputs))


def one_hot(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`indices (i...), depth, values -> (i..., depth)`, the new axis standing at `axis` (ONNX OneHot)."""
    indices, given = inputs[0] if inputs else UNKNOWN, inputs.elements(1)
    depth = given[0] if given else UNKNOWN
    if isinstance(indices, Unknown) or len(indices) >= MOST_AXES:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", -1), len(indices) + 1)
    if axis is None:
        return undetermined(node)
    # The depth may be of any type of number.
    extent = UNKNOWN if isinstance(depth, str) or (isinstance(depth, int | float) and depth < 1) else depth
    if isinstance(extent, float):
        extent = int(extent) if extent < 2**24 else UNKNOWN
    return Outcome(((*indices[:axis], extent, *indices[axis:]),) * len(node.outputs))


def best(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`axis` shrinks to `k`, for the values and their indices (ONNX TopK)."""
    shape, k = inputs[0] if inputs else UNKNOWN, number(node, inputs, "k", 1, 1)
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", -1), len(shape))
    if axis is None:
        return undetermined(node)
    extent = shape[axis]
    if isinstance(k, int) and (k < 0 or (isinstance(extent, int) and k > extent)):
        return refused(
            node,
            inputs,
            report,
            "index-out-of-range",
            f"{node.label} asks for the {k} largest of {extent} elements along axis {axis} ({spell(shape)})",
            at=place_of(node, inputs, "k", 1),
            remedy=f"use a k from 0 to {extent}",
        )
    return Outcome(((*shape[:axis], k, *shape[axis + 1 :]),) * len(node.outputs))


def compressed(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Those slices along `axis` (or elements of all) whose condition is true (ONNX Compress)."""
    shape = inputs[0] if inputs else UNKNOWN
    marks = inputs.elements(1)
    known = marks is not None and all(isinstance(mark, int) for mark in marks)
    count: Dim = sum(mark != 0 for mark in marks) if known and marks is not None else UNKNOWN
    if "axis" not in node.attrs:
        return Outcome(((count,),) * len(node.outputs))
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape))
    if axis is None:
        return undetermined(node)
    return Outcome(((*shape[:axis], count, *shape[axis + 1 :]),) * len(node.outputs))


def non_zero(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(rank, K)`: the places of K elements (ONNX NonZero)."""
    shape = inputs[0] if inputs else UNKNOWN
    # A scalar counts as a vector of one element.
    rank: Dim = UNKNOWN if isinstance(shape, Unknown) else len(shape) or UNKNOWN
    elements = inputs.elements(0)
    count: Dim = UNKNOWN
    if elements is not None and all(isinstance(item, int | float) for item in elements):
        count = sum(item != 0 for item in elements)
    return Outcome(((rank, count),) * len(node.outputs))


def unique(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """K different elements, or slices along `axis`; with their first places, where each element went, and how often
    each is there (ONNX Unique)."""
    shape = inputs[0] if inputs else UNKNOWN
    everywhere: Dim
    if "axis" not in node.attrs:
        first: Shape = (UNKNOWN,)
        everywhere = UNKNOWN if isinstance(shape, Unknown) else product(shape)
    elif isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        first, everywhere = UNKNOWN, UNKNOWN
    else:
        axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape))
        if axis is None:
            return undetermined(node)
        first, everywhere = (*shape[:axis], UNKNOWN, *shape[axis + 1 :]), shape[axis]
    return Outcome((first, (UNKNOWN,), (everywhere,), (UNKNOWN,))[: len(node.outputs)])


def cached(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The cache's shape; the update differs from it along `axis` only, and is no longer there (ONNX TensorScatter)."""
    cache, update = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(cache, tuple) and isinstance(update, tuple):
        axis = axis_within(node, inputs, report, integer(node, "axis", -2), len(cache))
        if axis is None:
            return Outcome((cache,) * len(node.outputs))
        others = len(cache) == len(update) and not any(
            differ(a, b) for index, (a, b) in enumerate(zip(cache, update, strict=True)) if index != axis
        )
        own, new = cache[axis], update[axis] if others else UNKNOWN
        if not others or (isinstance(own, int) and isinstance(new, int) and new > own):
            refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} writes {called(node, 1)} {spell(update)} into {called(node, 0)} {spell(cache)}, into "
                f"which it does not fit along axis {axis}",
                slots=(0, 1),
                remedy="give an update of the cache's shape, at most as long along that axis",
            )
    return Outcome((cache,) * len(node.outputs))


def reversed_sequences(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape (ONNX ReverseSequence)."""
    return Outcome((inputs[0] if inputs else UNKNOWN,) * len(node.outputs))


OPERATORS = (
    Operator("Gather", gathered, kind="layout", transparent=True, linear=True),
    Operator("GatherElements", gathered_elements, kind="layout", transparent=True, linear=True),
    Operator("GatherND", gathered_slices, kind="layout", transparent=True, linear=True),
    Operator("Scatter", scattered, kind="layout"),
    Operator("ScatterElements", scattered, kind="layout"),
    Operator("ScatterND", scattered_slices, kind="layout"),
    Operator("TensorScatter", cached, kind="layout"),
    Operator("OneHot", one_hot, differentiable=False),
    Operator("TopK", best, kind="reduction"),
    Operator("Compress", compressed, kind="layout", transparent=True, linear=True),
    Operator("NonZero", non_zero, differentiable=False),
    Operator("Unique", unique, differentiable=False),
    Operator("ReverseSequence", reversed_sequences, kind="layout", transparent=True, linear=True),
)
