"""Optical flow: comparing two feature maps, and moving pixels along a field."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, spell
from netlint.ops.activation import same
from netlint.ops.arithmetic import came_from, integer, needs_rank, undetermined
from netlint.ops.operator import Activation, Operator, Outcome, Report

_IMAGE = "batch, channels, height and width"


def correlation(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W), (N, C, H, W) -> (N, d d, H', W')`, d displacements each way
    (lmb-freiburg/flownet2 src/caffe/layers/correlation_layer.cpp, Reshape)."""
    if len(inputs) != 2 or not _alike(node, inputs, (1, 2, 3), "compares two maps pixel by pixel", report):
        return undetermined(node)
    shape, reach, coarse = inputs[0], integer(node, "displacement", 0), integer(node, "displacement_stride", 1)
    grid = (
        (2 * (reach // coarse) + 1) ** 2
        if isinstance(reach, int) and isinstance(coarse, int) and coarse > 0
        else UNKNOWN
    )
    if isinstance(shape, Unknown):
        return Outcome(((UNKNOWN, grid, UNKNOWN, UNKNOWN),))
    high, wide = (_centres(node, size) for size in shape[2:])
    if any(isinstance(size, int) and size < 1 for size in (high, wide)):
        report(
            Problem(
                "spatial-collapse",
                f"{node.label} looks {reach} pixels each way, and of {spell(shape)} nothing is left inside that border",
                node.place("displacement", "kernel"),
                related=came_from(node, 0, shape),
                remedy="use a smaller max_displacement, or more padding",
                node=node,
            )
        )
        return undetermined(node)
    return Outcome(((shape[0], grid, high, wide),))


def _centres(node: Node, size: Dim) -> Dim:
    """At how many pixels the whole neighbourhood fits: rounded up."""
    given = [
        integer(node, name, default)
        for name, default in (("padding", 0), ("displacement", 0), ("kernel", 0), ("stride", 1))
    ]
    known = [number for number in (size, *given) if isinstance(number, int)]
    if len(known) < 5 or known[3] < 1 or known[4] < 1:
        return UNKNOWN
    extent, padding, reach, kernel, stride = known
    return -(-(extent + 2 * padding - 2 * (reach + (kernel - 1) // 2)) // stride)


def warp(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W), (N, 2, H', W') -> (N, C, H', W')`: each pixel is fetched from where the field points
    (twhui/LiteFlowNet src/caffe/layers/warp_layer.cpp; in flow_warp_layer.cpp of lmb-freiburg/flownet2 both are of one
    size)."""
    if len(inputs) != 2:
        return undetermined(node)
    same = (0, 2, 3) if node.get("same_size", False) is True else (0,)
    field = inputs[1]
    if not _alike(node, inputs, same, "moves pixels along a field", report):
        return undetermined(node)
    if not isinstance(field, Unknown) and isinstance(field[1], int) and field[1] != 2:
        report(
            Problem(
                "channel-mismatch",
                f"{node.label} takes a field of 2 channels, along x and along y, but gets {spell(field)}",
                node.inputs[1],
                related=came_from(node, 1, field),
                remedy="give it a map of 2 channels",
                node=node,
            )
        )
        return undetermined(node)
    shape = inputs[0]
    image = (UNKNOWN, UNKNOWN) if isinstance(shape, Unknown) else shape[:2]
    sizes = (UNKNOWN, UNKNOWN) if isinstance(field, Unknown) else field[2:]
    return Outcome(((*image, *sizes),))


def _alike(node: Node, inputs: Sequence[Shape], axes: Sequence[int], does: str, report: Report) -> bool:
    """Both are images; where both extents of one of the axes are known they agree."""
    first, second = inputs[0], inputs[1]
    for slot, shape in enumerate(inputs):
        if not isinstance(shape, Unknown) and not needs_rank(node, slot, shape, 4, _IMAGE, report):
            return False
    if isinstance(first, Unknown) or isinstance(second, Unknown):
        return True
    clash = next((axis for axis in axes if _differ(first[axis], second[axis])), None)
    if clash is None:
        return True
    what = ("batch", "channels", "height", "width")[clash]
    report(
        Problem(
            "merge-shape-mismatch",
            f"{node.label} {does}, but its inputs {spell(first)} and {spell(second)} differ in their {what}",
            node.inputs[1],
            related=(*came_from(node, 0, first), *came_from(node, 1, second)),
            remedy="bring both to one size before this layer",
            node=node,
        )
    )
    return False


def _differ(a: Dim, b: Dim) -> bool:
    return isinstance(a, int) and isinstance(b, int) and a != b


def with_channels(node: Node, inputs: Sequence[Shape], _report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, k, H, W)`: a norm over the channels, or the coordinates of each pixel
    (lmb-freiburg/flownet2 channel_norm_layer.cpp, twhui/LiteFlowNet grid_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) != 4:
        return undetermined(node)
    return Outcome(((shape[0], integer(node, "channels", 0), *shape[2:]),))


OPERATORS = (
    Operator("caffe::Correlation", correlation, in_place="corrupts"),
    Operator("caffe::Warp", warp, in_place="corrupts"),
    Operator("caffe::ChannelNorm", with_channels, kind="reduction", in_place="corrupts"),
    Operator("caffe::NegSquare", same, kind="activation", activation=Activation(high=0, keeps_zero=True)),
    Operator("caffe::ExpMax", same, kind="activation", activation=Activation(low=0)),
    Operator("caffe::Grid", with_channels, differentiable=False, in_place="corrupts"),
)
