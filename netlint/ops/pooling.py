"""Pooling: windows, global pooling and spatial pyramids."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, spell
from netlint.ops.arithmetic import came_from, integer, integers, needs_rank, undetermined, whole
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.window import positions, window_of


def pooled(node: Node, size: Dim, kernel: Dim, stride: Dim, low: Dim, high: Dim, *, ceil: bool) -> Dim:
    """Window positions along one axis.

    With `ceil` the last window may start past the input and is then dropped: PyTorch and ONNX always test for it,
    Caffe only when there is padding (BVLC/caffe src/caffe/layers/pooling_layer.cpp, Reshape).
    """
    if not (
        isinstance(size, int)
        and isinstance(kernel, int)
        and isinstance(stride, int)
        and isinstance(low, int)
        and isinstance(high, int)
    ):
        return UNKNOWN
    if stride <= 0:
        return UNKNOWN
    room = size + low + high - kernel
    count = -(-room // stride) + 1 if ceil else room // stride + 1
    clips = low > 0 if node.dialect == "caffe" else ceil
    if node.dialect == "caffe" and low != high and (count - 1) * stride >= size + low:
        # Only forks pad unevenly, and they do not agree on when the last window goes.
        return UNKNOWN
    if clips and (count - 1) * stride >= size + low:
        count -= 1
    return count


def _slides(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, C, d...) -> (N, C, positions(d)...)` for each output (ONNX MaxPool, AveragePool, LpPool)."""
    shape, kernel = inputs[0] if inputs else UNKNOWN, node.get("kernel_shape", ())
    if isinstance(shape, Unknown) or not isinstance(kernel, tuple) or not kernel:
        return undetermined(node)
    rank = len(kernel)
    if not needs_rank(node, 0, shape, rank + 2, f"batch, channels and {rank} of the window", report):
        return undetermined(node)
    window = window_of(node, inputs, whole(kernel), report, strict_pads=False)
    if window is None:
        return undetermined(node)
    ceil = node.get("ceil_mode", 0)
    if not isinstance(ceil, int):
        return undetermined(node)
    spatial = positions(node, inputs, shape[2:], window, report, ceil=ceil == 1)
    return undetermined(node) if spatial is None else Outcome(((*shape[:2], *spatial),) * len(node.outputs))


def pool(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, C, H', W')` for each output (a second one holds the mask)."""
    if node.dialect != "caffe":
        return _slides(node, inputs, report)
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    if not needs_rank(node, 0, shape, 4, "batch, channels, height and width: Caffe pools images only", report):
        return undetermined(node)
    rank = len(shape) - 2
    kernel = integers(node, "kernel_shape", rank, 0)
    strides = integers(node, "strides", rank, 1)
    pads = integers(node, "pads", 2 * rank, 0)
    ceil = node.get("ceil_mode", 0) == 1
    spatial: list[Dim] = []
    for axis in range(rank):
        size, extent, low, high = shape[2 + axis], kernel[axis], pads[axis], pads[rank + axis]
        count = pooled(node, size, extent, strides[axis], low, high, ceil=ceil)
        if (
            isinstance(size, int)
            and isinstance(extent, int)
            and isinstance(low, int)
            and isinstance(high, int)
            and isinstance(count, int)
            and 0 < size + low + high < extent
        ):
            _too_large(node, shape, extent, size + low + high, count, report)
        spatial.append(count)
    return Outcome(((*shape[:2], *spatial),) * len(node.outputs))


def _too_large(node: Node, shape: Shape, kernel: int, size: int, count: int, report: Report) -> None:
    # A window that hangs over the edge after rounding up is how Caffe pools odd sizes: only a map that is smaller
    # than one whole window and yields no position at all is a mistake.
    if count > 0:
        return
    report(
        Problem(
            "kernel-exceeds-input",
            f"the window of {node.label} spans {kernel} pixels, but its input {spell(shape)} has only {size} along "
            f"that axis, padding included: the output is empty",
            node.place("kernel_shape"),
            related=came_from(node, 0, shape),
            remedy="use a smaller window, or less downsampling before this layer",
            node=node,
        )
    )


def global_pool(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, d...) -> (N, C, 1...)`; without `keepdims` (Keras) the axes of the map go: `(N, C)`."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    if node.dialect == "caffe" and not needs_rank(
        node, 0, shape, 4, "batch, channels, height and width: Caffe pools images only", report
    ):
        return undetermined(node)
    if node.get("keepdims", 1) == 0:
        return Outcome((tuple(shape[:2]),) * len(node.outputs))
    return Outcome(((*shape[:2], *(1,) * (len(shape) - 2)),) * len(node.outputs))


def spatial_pyramid(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, C x (1 + 4 + 16 + ...))`, one term a level (BVLC/caffe src/caffe/layers/spp_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    height = integer(node, "pyramid_height", 0)
    # Level n has 4^n cells: beyond a dozen levels they outnumber the pixels of any image.
    if isinstance(shape, Unknown) or isinstance(height, Unknown) or height > 12:
        return undetermined(node)
    if not needs_rank(node, 0, shape, 4, "batch, channels, height and width", report):
        return undetermined(node)
    cells = sum(4**level for level in range(height))
    channels = shape[1]
    features = channels * cells if isinstance(channels, int) else UNKNOWN
    # A pyramid of one level is a single global pooling and keeps its shape.
    return Outcome(((shape[0], channels, 1, 1) if height == 1 else (shape[0], features),))


def pyramid_of_bins(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, H, W) -> (N, C x (bins squared, summed), 1, 1)`; one level alone keeps its grid (the SPP-net fork's
    spatial_pyramid_pooling_layer.cpp, SetUp)."""
    shape, bins = inputs[0] if inputs else UNKNOWN, node.get("bins", ())
    if isinstance(shape, Unknown) or not isinstance(bins, tuple):
        return undetermined(node)
    counts = [count for count in bins if isinstance(count, int)]
    if not counts or len(counts) != len(bins):
        return undetermined(node)
    if not needs_rank(node, 0, shape, 4, "batch, channels, height and width", report):
        return undetermined(node)
    if len(counts) == 1:
        return Outcome(((*shape[:2], counts[0], counts[0]),))
    channels = shape[1]
    features = channels * sum(count * count for count in counts) if isinstance(channels, int) else UNKNOWN
    return Outcome(((shape[0], features, 1, 1),))


OPERATORS = (
    Operator("caffe::SpatialPyramidPooling", pyramid_of_bins, kind="pooling", in_place="corrupts"),
    Operator("MaxPool", pool, kind="pooling", in_place="corrupts"),
    Operator("AveragePool", pool, kind="pooling", linear=True, in_place="corrupts"),
    Operator("LpPool", pool, kind="pooling"),
    Operator("GlobalLpPool", global_pool, kind="pooling"),
    Operator("caffe::StochasticPool", pool, kind="pooling", in_place="corrupts"),
    Operator("GlobalMaxPool", global_pool, kind="pooling", in_place="corrupts"),
    Operator("GlobalAveragePool", global_pool, kind="pooling", linear=True, in_place="corrupts"),
    Operator("caffe::SPP", spatial_pyramid, kind="pooling", in_place="corrupts"),
)
