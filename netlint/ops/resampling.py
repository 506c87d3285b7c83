"""`Resize` and `Upsample` by scales or sizes that arrive as tensors, as ONNX has it."""

from __future__ import annotations

import math

from netlint.model import UNKNOWN, Dim, Elements, Node, Symbol, Unknown, spell, times
from netlint.ops.arithmetic import (
    MOST_AXES,
    axis_within,
    called,
    listed,
    place_of,
    refused,
    undetermined,
)
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.values import settled


def resampled(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`axes` (default all) get the extents `sizes`, or `floor(extent * scale)` (ONNX Resize, Upsample).

    Two inputs are data and scales (before operator set 11); four are data, region, scales and sizes.
    """
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    rank = len(shape)
    axes = listed(node, inputs, "axes")
    if isinstance(axes, Unknown):
        return Outcome(((UNKNOWN,) * rank,) * len(node.outputs))
    named = _counted(node, inputs, report, axes, rank)
    if named is None:
        return undetermined(node)
    result = list(shape)
    if inputs.given(3) or "sizes" in node.attrs:
        sizes = listed(node, inputs, "sizes", 3)
        policy = node.get("keep_aspect_ratio_policy", "stretch")
        if policy != "stretch" and isinstance(sizes, tuple):
            sizes = _in_proportion(policy, tuple(shape[axis] for axis in named), sizes)
        if not isinstance(sizes, tuple):
            for axis in named:
                result[axis] = UNKNOWN
            return Outcome((tuple(result),) * len(node.outputs))
        if len(sizes) != len(named):
            return _wrong_count(node, inputs, report, "sizes", len(sizes), len(named), 3)
        for axis, size in zip(named, sizes, strict=True):
            result[axis] = size
    else:
        slot = 2 if len(inputs) > 2 else 1
        scales = _scales(node, inputs, slot)
        if scales is None:
            for axis in named:
                result[axis] = UNKNOWN
            return Outcome((tuple(result),) * len(node.outputs))
        if len(scales) != len(named):
            return _wrong_count(node, inputs, report, "scales", len(scales), len(named), slot)
        cropped = node.get("coordinate_transformation_mode", "") == "tf_crop_and_resize"
        for axis, scale in zip(named, scales, strict=True):
            result[axis] = UNKNOWN if cropped and scale != 1 else _scaled(shape[axis], scale)
    if any(
        isinstance(size, int) and size < 1 and isinstance(dim, int) and dim > 0
        for size, dim in zip(result, shape, strict=True)
    ):
        return refused(
            node,
            inputs,
            report,
            "spatial-collapse",
            f"{node.label} turns {spell(shape)} into {spell(tuple(result))}: nothing is left along an axis",
            remedy="shrink less",
        )
    return Outcome((tuple(result),) * len(node.outputs))


def _counted(
    node: Node, inputs: Arrived, report: Report, axes: tuple[Dim, ...] | None, rank: int
) -> tuple[int, ...] | None:
    if axes is None:
        return tuple(range(rank))
    found = [axis_within(node, inputs, report, axis, rank, at=node.place("axes")) for axis in axes]
    named = tuple(axis for axis in found if axis is not None)
    return named if len(named) == len(axes) else None


def _wrong_count(node: Node, inputs: Arrived, report: Report, what: str, count: int, needed: int, slot: int) -> Outcome:
    return refused(
        node,
        inputs,
        report,
        "invalid-geometry",
        f"{node.label} gets {count} {what} in {called(node, slot)} for {needed} axes of {spell(inputs[0])}",
        at=place_of(node, inputs, what, slot),
        slots=(0, slot),
        remedy=f"give {needed} {what}, one for each axis",
    )


def _in_proportion(policy: object, extents: tuple[Dim, ...], sizes: tuple[Dim, ...]) -> tuple[Dim, ...] | Unknown:
    """One scale for all axes, the smallest (`not_larger`) or largest (`not_smaller`) that the sizes ask for."""
    if policy not in ("not_larger", "not_smaller") or len(extents) != len(sizes):
        return UNKNOWN
    scales: list[float] = []
    for extent, size in zip(extents, sizes, strict=True):
        if not (isinstance(extent, int) and isinstance(size, int) and 0 < extent < 2**24 and 0 < size < 2**24):
            return UNKNOWN
        scales.append(size / extent)
    scale = min(scales, default=1.0) if policy == "not_larger" else max(scales, default=1.0)
    found: list[Dim] = []
    for extent in extents:
        near = scale * extent + 0.5 if isinstance(extent, int) else math.nan
        found.append(math.floor(near) if settled(near) else UNKNOWN)
    return tuple(found)


def _scales(node: Node, inputs: Arrived, slot: int) -> Elements | None:
    """The scales: an input, or an attribute before operator set 9, or two of height and width before 7."""
    if "scales" in node.attrs:
        value = node.attrs["scales"].value
        return value if isinstance(value, tuple) else None
    if "height_scale" in node.attrs or "width_scale" in node.attrs:
        high, wide = node.get("height_scale", 1.0), node.get("width_scale", 1.0)
        return (1.0, 1.0, *(item if isinstance(item, int | float) else UNKNOWN for item in (high, wide)))
    return inputs.elements(slot) if inputs.given(slot) else None


def _scaled(extent: Dim, scale: object) -> Dim:
    if isinstance(scale, int | float) and math.isfinite(scale):
        if scale == 1:
            return extent
        if isinstance(extent, int) and abs(extent) < 2**24:
            size = extent * float(scale)
            return math.floor(size) if settled(size) else UNKNOWN
        if isinstance(extent, Symbol) and scale == int(scale) and scale > 0:
            return times(extent, int(scale))
    return UNKNOWN


OPERATORS = (Operator("Upsample", resampled, kind="layout", linear=True),)
