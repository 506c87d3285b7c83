"""Axes put in another order, taken away or put in: `Transpose`, `Squeeze`, `Unsqueeze`."""

from __future__ import annotations

from itertools import permutations
from itertools import product as combinations
from typing import Final

from netlint.model import UNKNOWN, Dim, Elements, Node, Unknown, spell
from netlint.ops.arithmetic import (
    MOST_AXES,
    MOST_ELEMENTS,
    axis_within,
    listed,
    place_of,
    refused,
    undetermined,
    whole,
)
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.reshaping import moved, sized

#: The orders of a few axes, all of them right.
_USUAL: Final[dict[object, tuple[int, ...]]] = {
    order: order for rank in range(6) for order in permutations(range(rank))
}


def permuted(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The axes in the order of `perm`, which names each of them once; reversed without it (ONNX Transpose)."""
    shape, perm = inputs[0] if inputs else UNKNOWN, node.attrs.get("perm")
    if perm is None:
        if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
            return undetermined(node)
        order = tuple(range(len(shape)))[::-1]
    elif isinstance(shape, tuple) and (usual := _USUAL.get(perm.value)) is not None and len(usual) == len(shape):
        order = usual
    else:
        value = perm.value
        if not isinstance(value, tuple) or len(value) > MOST_AXES or not all(isinstance(axis, int) for axis in value):
            return undetermined(node)
        order = tuple(axis for axis in value if isinstance(axis, int))
        rank = len(order) if isinstance(shape, Unknown) else len(shape)
        if len(order) != rank or sorted(order) != list(range(rank)):
            return refused(
                node,
                inputs,
                report,
                "rank-mismatch",
                f"{node.label} orders the axes of {spell(shape)} by {list(order)}: `perm` must name each of the "
                f"{rank} axes once",
                at=node.place("perm"),
                remedy=f"give `perm` the numbers 0 to {max(rank - 1, 0)} in the order that you want",
            )
        if isinstance(shape, Unknown):
            return Outcome(((UNKNOWN,) * rank,) * len(node.outputs))
    result = tuple([shape[axis] for axis in order])
    elements = sized(inputs, 0)
    if elements is None or len(elements) > MOST_ELEMENTS:
        return Outcome((result,) * len(node.outputs))
    return Outcome((result,) * len(node.outputs), (), (_reordered(elements, shape, order),))


def _reordered(elements: Elements, shape: tuple[Dim, ...], order: tuple[int, ...]) -> Elements | None:
    sizes = [dim for dim in shape if isinstance(dim, int)]
    if len(sizes) != len(shape) or any(size > MOST_ELEMENTS for size in sizes):
        return None
    strides = [1] * len(sizes)
    for axis in range(len(sizes) - 1, 0, -1):
        strides[axis - 1] = strides[axis] * sizes[axis]
    steps = [[strides[axis] * index for index in range(sizes[axis])] for axis in order]
    return tuple(elements[sum(places)] for places in combinations(*steps))


def squeezed(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axes of extent 1 are taken away: those named by attribute or input, or all of them (ONNX Squeeze)."""
    shape = inputs[0] if inputs else UNKNOWN
    axes = listed(node, inputs, "axes", 1)
    if isinstance(shape, Unknown) or isinstance(axes, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    if axes is None:
        if any(isinstance(dim, Unknown) for dim in shape):
            return undetermined(node)
        return moved(node, inputs, tuple(dim for dim in shape if dim != 1))
    named = _named(node, inputs, report, axes, len(shape))
    if named is None:
        return undetermined(node)
    for axis in named:
        extent = shape[axis]
        if isinstance(extent, int) and extent != 1:
            return refused(
                node,
                inputs,
                report,
                "rank-mismatch",
                f"{node.label} takes away axis {axis} of {spell(shape)}, which has {extent} elements",
                at=place_of(node, inputs, "axes", 1),
                remedy="take away axes of extent 1 only",
            )
    return moved(node, inputs, tuple([dim for axis, dim in enumerate(shape) if axis not in named]))


def unsqueezed(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axes of extent 1 are put in where `axes` says, counted in the result (ONNX Unsqueeze)."""
    shape = inputs[0] if inputs else UNKNOWN
    axes = listed(node, inputs, "axes", 1)
    if isinstance(shape, Unknown) or not isinstance(axes, tuple) or len(shape) + len(axes) > MOST_AXES:
        return undetermined(node)
    rank = len(shape) + len(axes)
    named = _named(node, inputs, report, axes, rank)
    if named is None:
        return Outcome(((UNKNOWN,) * rank,) * len(node.outputs)) if _open(axes) else undetermined(node)
    rest = iter(shape)
    return moved(node, inputs, tuple([1 if axis in named else next(rest) for axis in range(rank)]))


def _open(axes: tuple[Dim, ...]) -> bool:
    return any(isinstance(axis, Unknown) for axis in axes)


def _named(
    node: Node, inputs: Arrived, report: Report, axes: tuple[Dim, ...], rank: int
) -> frozenset[int] | set[int] | None:
    """The axes that are meant, each once; None when one is unknown, outside, or named twice (reported)."""
    found: set[int] = set()
    place = place_of(node, inputs, "axes", 1)
    for axis in axes:
        at = axis_within(node, inputs, report, axis, rank, at=place)
        if at is None:
            return None
        if at in found:
            refused(
                node,
                inputs,
                report,
                "rank-mismatch",
                f"{node.label} names axis {at} twice in {list(whole(axes))}",
                at=place,
                remedy="name each axis once",
            )
            return None
        found.add(at)
    return found


OPERATORS = (Operator("Unsqueeze", unsqueezed, kind="layout", transparent=True, linear=True),)
