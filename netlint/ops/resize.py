"""Operators that change the resolution without learned weights."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, minus, plus, spell, times
from netlint.ops.arithmetic import came_from, integer, integers, listed, needs_rank, undetermined, whole
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.resampling import resampled
from netlint.ops.window import window_of

_IMAGE = "batch, channels, height and width"


def resize(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, C, H', W')`: the `sizes`, or `scales` times the input, or Caffe's `shrink_factor` and
    `zoom_factor`, between whose samples pixels are left out or put in
    (DeepLab v2 src/caffe/layers/interp_layer.cpp, LayerSetUp)."""
    if node.dialect != "caffe":
        return resampled(node, inputs, report)
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


def unpool(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Max pooling undone: the second input says where each value came from
    (alexgkendall/caffe-segnet src/caffe/layers/upsample_layer.cpp, Reshape; ONNX MaxUnpool)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    if node.dialect == "caffe" and not needs_rank(node, 0, shape, 4, _IMAGE, report):
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
    if node.dialect != "caffe":
        return _unpooled(node, inputs, shape, report)
    sizes = _sizes(node)
    if not sizes:
        scales, less = integers(node, "scales", 2, 2), integers(node, "cut", 2, 0)
        sizes = tuple(
            size * scale - cut if isinstance(size, int) and isinstance(scale, int) and isinstance(cut, int) else UNKNOWN
            for size, scale, cut in zip(shape[2:], scales, less, strict=True)
        )
    return Outcome(((*shape[:2], *sizes),))


def _unpooled(node: Node, inputs: Arrived, shape: tuple[Dim, ...], report: Report) -> Outcome:
    """The extents that the third input says, or those that the window would have come from: `(d - 1) stride + kernel -
    pads` (ONNX MaxUnpool)."""
    if inputs.given(2):
        said = listed(node, inputs, "", 2)
        return Outcome((said if said is not None else UNKNOWN,) * len(node.outputs))
    kernel = node.get("kernel_shape", ())
    if not isinstance(kernel, tuple) or not needs_rank(node, 0, shape, len(kernel) + 2, "as the kernel says", report):
        return undetermined(node)
    window = window_of(node, inputs, whole(kernel), report)
    if window is None:
        return undetermined(node)
    rank = len(kernel)
    spatial = tuple(
        minus(
            plus(times(minus(shape[2 + axis], 1), window.strides[axis]), window.kernel[axis]),
            plus(window.pads[axis], window.pads[axis + rank]),
        )
        for axis in range(rank)
    )
    return Outcome(((*shape[:2], *spatial),) * len(node.outputs))


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


def resize_like(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W), (?, ?, H', W') -> (N, C, H', W')`: the second input only says how large the result is
    (lmb-freiburg/flownet2 resample_layer.cpp, downsample_layer.cpp; the forks' interp_layer.cpp)."""
    if len(inputs) < 2:
        return undetermined(node)
    for slot, shape in enumerate(inputs[:2]):
        if not isinstance(shape, Unknown) and not needs_rank(node, slot, shape, 4, _IMAGE, report):
            return undetermined(node)
    image, like = ((UNKNOWN,) * 4 if isinstance(shape, Unknown) else shape for shape in inputs[:2])
    return Outcome(((*image[:2], *like[2:]),))


OPERATORS = (
    Operator("Resize", resize, kind="layout", linear=True, in_place="corrupts"),
    Operator("caffe::ResizeLike", resize_like, kind="layout", linear=True, in_place="corrupts"),
    Operator("MaxUnpool", unpool, kind="layout", in_place="corrupts"),
    Operator("SpaceToDepth", space_to_depth, kind="layout", transparent=True, linear=True, in_place="corrupts"),
    Operator("DepthToSpace", depth_to_space, kind="layout", transparent=True, linear=True, in_place="corrupts"),
)
