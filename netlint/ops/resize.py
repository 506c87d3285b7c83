"""Operators that change the resolution without learned weights."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, spell
from netlint.ops.arithmetic import came_from, integer, integers, needs_rank, undetermined
from netlint.ops.operator import Operator, Outcome, Report

_IMAGE = "batch, channels, height and width"


def resize(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, C, H', W')`: the `sizes`, or `scales` times the input, or Caffe's `shrink_factor` and
    `zoom_factor`, between whose samples pixels are left out or put in
    (DeepLab v2 src/caffe/layers/interp_layer.cpp, LayerSetUp)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return Outcome(((UNKNOWN, UNKNOWN, *_sizes(node)),) * len(node.outputs)) if _sizes(node) else undetermined(node)
    if not needs_rank(node, 0, shape, 4, _IMAGE, report):
        return undetermined(node)
    spatial: tuple[Dim, ...] = _sizes(node)
    if not spatial:
        scales = integers(node, "scales", 2, 1)
        spatial = tuple(_resampled(node, size, scale) for size, scale in zip(shape[2:], scales, strict=True))
    if any(isinstance(size, int) and size <= 0 for size in spatial):
        report(
            Problem(
                "spatial-collapse",
                f"{node.label} turns {spell(shape)} into {spell(spatial)} pixels",
                node.place("sizes", "scales", "shrink_factor", "zoom_factor"),
                related=came_from(node, 0, shape),
                remedy="crop or shrink less",
                node=node,
            )
        )
        return undetermined(node)
    return Outcome(((*shape[:2], *spatial),) * len(node.outputs))


def _sizes(node: Node) -> tuple[Dim, ...]:
    return integers(node, "sizes", 2, 0) if "sizes" in node.attrs else ()


def _resampled(node: Node, size: Dim, scale: Dim) -> Dim:
    shrink, zoom, pads = (
        integer(node, name, default) for name, default in (("shrink_factor", 1), ("zoom_factor", 1), ("padding", 0))
    )
    if not (
        isinstance(size, int)
        and isinstance(scale, int)
        and isinstance(shrink, int)
        and isinstance(zoom, int)
        and isinstance(pads, int)
    ):
        return UNKNOWN
    if shrink < 1 or zoom < 1:
        return UNKNOWN
    kept = (size + pads - 1) // shrink + 1
    return (kept + (kept - 1) * (zoom - 1)) * scale


def unpool(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Max pooling undone: the second input says where each value came from
    (alexgkendall/caffe-segnet src/caffe/layers/upsample_layer.cpp, Reshape)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    if not needs_rank(node, 0, shape, 4, _IMAGE, report):
        return undetermined(node)
    mask = inputs[1] if len(inputs) > 1 else UNKNOWN
    if not isinstance(mask, Unknown) and (
        len(mask) != len(shape) or any(_differ(a, b) for a, b in zip(shape, mask, strict=True))
    ):
        report(
            Problem(
                "merge-shape-mismatch",
                f"{node.label} gets values {spell(shape)} but a mask {spell(mask)}: each value needs its place",
                node.inputs[1],
                related=(*came_from(node, 0, shape), *came_from(node, 1, mask)),
                remedy="take the mask of the pooling layer that made a map of the same size",
                node=node,
            )
        )
        return undetermined(node)
    sizes = _sizes(node)
    if not sizes:
        scales, less = integers(node, "scales", 2, 2), integers(node, "cut", 2, 0)
        sizes = tuple(
            size * scale - cut if isinstance(size, int) and isinstance(scale, int) and isinstance(cut, int) else UNKNOWN
            for size, scale, cut in zip(shape[2:], scales, less, strict=True)
        )
    return Outcome(((*shape[:2], *sizes),))


def _differ(a: Dim, b: Dim) -> bool:
    return isinstance(a, int) and isinstance(b, int) and a != b


def space_to_depth(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, C b b, H / b, W / b)`."""
    return _blocks(node, inputs, report, deeper=True)


def depth_to_space(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, C / (b b), H b, W b)`."""
    return _blocks(node, inputs, report, deeper=False)


def _blocks(node: Node, inputs: Sequence[Shape], report: Report, *, deeper: bool) -> Outcome:
    shape, block = inputs[0] if inputs else UNKNOWN, integer(node, "blocksize", 0)
    if isinstance(shape, Unknown) or isinstance(block, Unknown) or block < 1:
        return undetermined(node)
    if not needs_rank(node, 0, shape, 4, _IMAGE, report):
        return undetermined(node)
    channels, high, wide = shape[1:]
    if deeper:
        result = (_times(channels, block * block), _over(high, block), _over(wide, block))
    else:
        result = (_over(channels, block * block), _times(high, block), _times(wide, block))
    return Outcome(((shape[0], *result),))


def _times(size: Dim, factor: int) -> Dim:
    return size * factor if isinstance(size, int) else UNKNOWN


def _over(size: Dim, divisor: int) -> Dim:
    """What does not come out even is an error in one framework and cut off in another: unknown."""
    return size // divisor if isinstance(size, int) and size % divisor == 0 else UNKNOWN


OPERATORS = (
    Operator("Resize", resize, kind="layout", linear=True, in_place="corrupts"),
    Operator("MaxUnpool", unpool, kind="layout", in_place="corrupts"),
    Operator("SpaceToDepth", space_to_depth, kind="layout", transparent=True, linear=True, in_place="corrupts"),
    Operator("DepthToSpace", depth_to_space, kind="layout", transparent=True, linear=True, in_place="corrupts"),
)
