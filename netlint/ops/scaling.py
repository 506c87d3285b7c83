"""Normalisers whose learned scale and shift arrive as inputs, as ONNX has it."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, spell
from netlint.ops.arithmetic import axis_within, called, differ, integer, refused, undetermined
from netlint.ops.broadcast import wider
from netlint.ops.operator import Arrived, Operator, Outcome, Report

_STATISTICS = ("scale", "shift", "mean", "variance")


def batch_statistics(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; scale, shift, mean and variance have one element a channel, and so have the further outputs
    (ONNX BatchNormalization). With `spatial` 0, before operator set 9, they have one for each position."""
    shape = inputs[0]
    channels: Dim = UNKNOWN if isinstance(shape, Unknown) else shape[1] if len(shape) > 1 else 1
    if node.get("spatial", 1) == 1:
        for slot in range(1, min(len(inputs), 5)):
            given = inputs[slot]
            if isinstance(given, tuple) and inputs.given(slot) and not _one_each(given, channels):
                return _misfit(node, inputs, report, slot, _STATISTICS[slot - 1], channels, "channel")
        statistic: Shape = (channels,)
    else:
        statistic = UNKNOWN
    return Outcome((shape, *(statistic,) * (len(node.outputs) - 1))[: len(node.outputs)])


def _one_each(given: tuple[Dim, ...], count: Dim) -> bool:
    return len(given) == 1 and not differ(given[0], count)


def _misfit(node: Node, inputs: Arrived, report: Report, slot: int, what: str, count: Dim, each: str) -> Outcome:
    return refused(
        node,
        inputs,
        report,
        "channel-mismatch",
        f"the {what} of {node.label} is {spell(inputs[slot])}, but its input {spell(inputs[0])} has {count} {each}s",
        slots=(slot, 0),
        remedy=f"give the {what} one element for each of the {count} {each}s",
    )


def instance_normalization(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; scale and shift have one element a channel (ONNX InstanceNormalization)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple) and len(shape) > 1:
        for slot in range(1, min(len(inputs), 3)):
            given = inputs[slot]
            if isinstance(given, tuple) and not _one_each(given, shape[1]):
                return _misfit(node, inputs, report, slot, _STATISTICS[slot - 1], shape[1], "channel")
    return Outcome((shape,) * len(node.outputs))


def group_normalization(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; the groups divide the channels; scale and shift have one element a channel, before operator set 21
    one a group (ONNX GroupNormalization)."""
    shape, groups = inputs[0] if inputs else UNKNOWN, integer(node, "num_groups", 0)
    if isinstance(shape, tuple) and len(shape) > 1 and isinstance(groups, int):
        axis = axis_within(node, inputs, report, integer(node, "axis", 1), len(shape))
        channels = UNKNOWN if axis is None else shape[axis]
        if isinstance(channels, int) and (groups < 1 or channels % groups):
            return refused(
                node,
                inputs,
                report,
                "group-not-dividing",
                f"{node.label} splits {channels} channels into {groups} groups, but {channels} is not a multiple of "
                f"{groups}",
                at=node.place("num_groups"),
                remedy=f"choose a number of groups that divides {channels}",
            )
        for slot in range(1, min(len(inputs), 3)):
            given = inputs[slot]
            if isinstance(given, tuple) and not _one_each(given, channels) and not _one_each(given, groups):
                return _misfit(node, inputs, report, slot, _STATISTICS[slot - 1], channels, "channel")
        return Outcome((shape,) * len(node.outputs), ((channels,),) * len(node.params))
    return Outcome((shape,) * len(node.outputs), (UNKNOWN,) * len(node.params))


def layer_normalization(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; scale and shift broadcast to the axes from `axis` on. Mean and inverse deviation keep the axes
    before it, those from it on are 1 (ONNX LayerNormalization, RMSNormalization)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    if "axes" in node.attrs:
        # Any axes, each for itself (Keras).
        axes = node.get("axes", ())
        learned = _extents(shape, axes) if isinstance(axes, tuple) else UNKNOWN
        outputs: list[Shape] = [shape, *[UNKNOWN] * len(node.outputs)]
        return Outcome(tuple(outputs[: len(node.outputs)]), (learned,) * len(node.params))
    axis = axis_within(node, inputs, report, integer(node, "axis", -1), len(shape))
    if axis is None:
        return Outcome((shape, UNKNOWN, UNKNOWN)[: len(node.outputs)], (UNKNOWN,) * len(node.params))
    normalised = shape[axis:]
    for slot in range(1, min(len(inputs), 3)):
        given = inputs[slot]
        if isinstance(given, tuple) and inputs.given(slot) and not scales(given, shape):
            what = _STATISTICS[slot - 1]
            return refused(
                node,
                inputs,
                report,
                "channel-mismatch",
                f"the {what} of {node.label} is {spell(given)}, but it normalises {spell(normalised)} of "
                f"{called(node, 0)} {spell(shape)}",
                slots=(slot, 0),
                remedy=f"give the {what} the shape {spell(normalised)}",
            )
    if len(node.outputs) < 2:
        return Outcome((shape,) * len(node.outputs), (tuple(normalised),) * len(node.params))
    kept: list[Dim] = [*shape[:axis], *(1,) * len(normalised)]
    statistic: Shape = tuple(kept)
    return Outcome((shape, *(statistic,) * (len(node.outputs) - 1)))


def _extents(shape: tuple[Dim, ...], axes: tuple[object, ...]) -> Shape:
    rank = len(shape)
    if not all(isinstance(axis, int) and -rank <= axis < rank for axis in axes):
        return UNKNOWN
    return tuple(shape[axis] for axis in axes if isinstance(axis, int))


def scales(given: tuple[Dim, ...], shape: tuple[Dim, ...]) -> bool:
    """Whether a factor may broadcast to a shape without changing it."""
    if len(given) == 1 and given[0] == shape[-1]:
        return True
    if len(given) > len(shape):
        return False
    result = wider(shape, given)
    return result is not None and not any(differ(a, b) for a, b in zip(result, shape, strict=True))


_LEARNED = {1: "scale", 2: "bias"}

OPERATORS = (
    Operator("InstanceNormalization", instance_normalization, kind="normalisation", roles=_LEARNED),
    Operator("GroupNormalization", group_normalization, kind="normalisation", roles=_LEARNED),
    Operator("LayerNormalization", layer_normalization, kind="normalisation", roles=_LEARNED),
    Operator("RMSNormalization", layer_normalization, kind="normalisation", roles={1: "scale"}),
    Operator("SimplifiedLayerNormalization", layer_normalization, kind="normalisation", roles={1: "scale"}),
)
