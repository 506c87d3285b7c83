"""Tensors made larger: `Tile`, `Expand` and `Pad`."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Place, Shape, Unknown, plus, product, spell, times
from netlint.ops.arithmetic import (
    MOST_AXES,
    MOST_ELEMENTS,
    axis_within,
    listed,
    number,
    place_of,
    refused,
    undetermined,
)
from netlint.ops.broadcast import spread, wider
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def tiled(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Each axis is repeated as often as the second input says; before operator set 6 one axis, given by the third
    (ONNX Tile)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    if len(inputs) > 2:
        axis = number(node, inputs, "", 2, 0)
        index = axis_within(node, inputs, report, axis, len(shape))
        if index is None:
            return undetermined(node)
        tiles = number(node, inputs, "", 1, 1)
        return Outcome(((*shape[:index], times(shape[index], tiles), *shape[index + 1 :]),) * len(node.outputs))
    repeats = listed(node, inputs, "", 1)
    if not isinstance(repeats, tuple):
        return Outcome(((UNKNOWN,) * len(shape),) * len(node.outputs))
    if len(repeats) != len(shape):
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} has {len(repeats)} repeats for the {len(shape)} axes of {spell(shape)}",
            at=place_of(node, inputs, "", 1),
            remedy="give one number of repeats for each axis",
        )
    result = tuple(map(times, shape, repeats))
    outputs = (result,) * len(node.outputs)
    elements = inputs.elements(0) if len(shape) == 1 else None
    often = repeats[0] if repeats else UNKNOWN
    if elements is None or not isinstance(often, int) or not 0 <= often * len(elements) <= MOST_ELEMENTS:
        return Outcome(outputs)
    return Outcome(outputs, (), (elements * often,))


def too_long(node: Node, inputs: Arrived, report: Report, wanted: Shape, at: Place) -> Outcome:
    """Report that the first input cannot be stretched to `wanted`."""
    return refused(
        node,
        inputs,
        report,
        "merge-shape-mismatch",
        f"{node.label} stretches {spell(inputs[0])} to {spell(wanted)}, but only axes of extent 1 can be stretched",
        at=at,
        remedy="make the axes agree from the last one on, or let one of them be 1",
    )


def expanded(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The input broadcast with the shape that the second one holds, both ways (ONNX Expand)."""
    shape, wanted = inputs[0] if inputs else UNKNOWN, listed(node, inputs, "", 1)
    if not isinstance(wanted, tuple) or len(wanted) > MOST_AXES:
        return undetermined(node)
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    result = wider(shape, wanted)
    if result is None:
        return too_long(node, inputs, report, wanted, place_of(node, inputs, "", 1))
    outputs = (result,) * len(node.outputs)
    elements = inputs.elements(0)
    count = product(result) if elements is not None else UNKNOWN
    if elements is None or not isinstance(count, int) or not 0 < count <= MOST_ELEMENTS:
        return Outcome(outputs)
    return Outcome(outputs, (), (spread(elements, shape, result, count),))


def padded(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Each axis grows by its two pads, or shrinks by negative ones; with `axes` only those do (ONNX Pad)."""
    shape = inputs[0] if inputs else UNKNOWN
    pads = listed(node, inputs, "paddings" if "paddings" in node.attrs else "pads", 1)
    axes = listed(node, inputs, "axes", 3)
    if isinstance(shape, Unknown) or isinstance(axes, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    rank = len(shape)
    named = tuple(range(rank)) if axes is None else axes
    if not isinstance(pads, tuple):
        touched = set(named)
        whole = any(isinstance(axis, Unknown) for axis in named) or any(
            isinstance(axis, int) and axis < 0 for axis in named
        )
        kept = tuple(UNKNOWN if whole or axis in touched else dim for axis, dim in enumerate(shape))
        return Outcome((kept,) * len(node.outputs))
    place = place_of(node, inputs, "pads", 1)
    if len(pads) != 2 * len(named):
        return refused(
            node,
            inputs,
            report,
            "invalid-geometry",
            f"{node.label} has {len(pads)} pads for {len(named)} axes of {spell(shape)}: it needs two for each",
            at=place,
            remedy=f"give {2 * len(named)} pads: all begins, then all ends",
        )
    result: list[Dim] = list(shape)
    for index, axis in enumerate(named):
        own = axis_within(node, inputs, report, axis, rank)
        if own is None:
            return undetermined(node)
        result[own] = plus(shape[own], plus(pads[index], pads[index + len(named)]))
    if any(isinstance(size, int) and size < 0 for size in result) and not any(
        isinstance(dim, int) and dim < 0 for dim in shape
    ):
        return refused(
            node,
            inputs,
            report,
            "spatial-collapse",
            f"{node.label} cuts {spell(shape)} down to {spell(tuple(result))} with its negative pads",
            at=place,
            remedy="cut off no more than there is",
        )
    return Outcome((tuple(result),) * len(node.outputs))


OPERATORS = (
    Operator("Expand", expanded, kind="layout", transparent=True, linear=True),
    Operator("Pad", padded, kind="layout", linear=True),
)
