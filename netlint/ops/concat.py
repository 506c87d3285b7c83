"""Concatenation along one axis, with the elements of small tensors."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Unknown, plus, spell
from netlint.ops.arithmetic import (
    MOST_ELEMENTS,
    axis_within,
    called,
    differ,
    integer,
    refused,
    undetermined,
)
from netlint.ops.operator import Arrived, Outcome, Report
from netlint.ops.values import Element


def concatenated(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(a, c...), (b, c...) -> (a + b, c...)` along `axis`; extents that one input leaves open come from another."""
    return stuck_together(node, inputs, report, integer(node, "axis", 1))


def stuck_together(node: Node, inputs: Arrived, report: Report, where: Dim) -> Outcome:
    """Concatenation along the axis `where`."""
    first = next((slot for slot, shape in enumerate(inputs) if isinstance(shape, tuple)), None)
    if first is None:
        return undetermined(node)
    start = inputs[first]
    if isinstance(start, Unknown):
        return undetermined(node)
    axis = axis_within(node, inputs, report, where, len(start))
    if axis is None:
        return undetermined(node)
    result = list(start)
    total: Dim = 0
    for slot, shape in enumerate(inputs):
        if isinstance(shape, Unknown):
            total = UNKNOWN
            continue
        if shape is not start:
            clash = _clash(result, shape, axis)
            if clash:
                return refused(
                    node,
                    inputs,
                    report,
                    "merge-shape-mismatch",
                    f"{node.label} concatenates along axis {axis}, but {called(node, first)} is {spell(start)} and "
                    f"{called(node, slot)} is {spell(shape)}: {clash}",
                    slots=(first, slot),
                    remedy="make the inputs agree on every other axis, or crop or pad one of them before the join",
                )
        extent = shape[axis]
        total = total + extent if total.__class__ is int and extent.__class__ is int else plus(total, extent)
    result[axis] = total
    outputs = (tuple(result),) * len(node.outputs)
    if len(result) != 1 or not isinstance(total, int) or total > MOST_ELEMENTS:
        return Outcome(outputs)
    return Outcome(outputs, (), (_elements(inputs, total),))


def _clash(result: list[Dim], shape: tuple[Dim, ...], skip: int) -> str:
    """How an input differs outside of the axis, in words; open extents of the result are filled in."""
    if len(result) != len(shape):
        return f"they have {len(result)} and {len(shape)} axes"
    for axis, dim in enumerate(shape):
        own = result[axis]
        if own is not dim and axis != skip:
            if differ(own, dim):
                return f"axis {axis} is {own} in one and {dim} in the other"
            if isinstance(own, Unknown):
                result[axis] = dim if isinstance(dim, int) or own.__class__ is Unknown else own
    return ""


def _elements(inputs: Arrived, total: int) -> tuple[Element, ...] | None:
    """The elements of joined vectors: those of an input that says nothing are unknown, each for itself."""
    found: list[Element] = []
    informed = False
    for slot, shape in enumerate(inputs):
        elements = inputs.elements(slot)
        extent = shape[0] if isinstance(shape, tuple) and shape else 0
        if elements is not None and len(elements) == extent:
            found += elements
            informed = True
        elif isinstance(extent, int) and extent >= 0 and len(found) + extent <= total:
            found += [UNKNOWN] * extent
    return tuple(found) if informed and len(found) == total else None
