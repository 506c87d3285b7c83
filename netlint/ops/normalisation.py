"""Normalisers: batch, local response and mean-variance."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Shape, Unknown
from netlint.ops.activation import same
from netlint.ops.arithmetic import axis_of, needs_rank, undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.scaling import batch_statistics


def batch_normalization(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; every statistic has one element a channel, Caffe's `scale_factor` a single one."""
    shape = inputs[0] if inputs else UNKNOWN
    if len(inputs) > 1 or (inputs and node.dialect == "onnx"):
        return batch_statistics(node, inputs, report)
    if isinstance(shape, Unknown):
        return undetermined(node)
    # Caffe treats a value of one axis as one channel (batch_norm_layer.cpp, LayerSetUp).
    axis = axis_of(node, shape, report) if len(shape) > 1 else None
    channels = shape[axis] if axis is not None else 1
    # Forks' `BN` keeps its blobs as images of one pixel.
    each = (1, channels, 1, 1) if node.get("image_params", False) is True else (channels,)
    params = tuple((1,) if param.role == "scale_factor" else each for param in node.params)
    return Outcome((shape,), params)


def norm(node: Node, inputs: Sequence[Shape], _report: Report) -> Outcome:
    """Same shape; the vector at each position has length 1 before one learned factor a channel, or a single one
    (weiliu89/caffe src/caffe/layers/normalize_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    factor: Shape = () if node.get("channel_shared", True) is True else (shape[1] if len(shape) > 1 else UNKNOWN,)
    return Outcome((shape,), (factor,))


def local_response(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Same shape; Caffe takes images only."""
    if node.dialect == "caffe":
        return four_axes(node, inputs, report)
    return same(node, inputs, report)


def four_axes(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Same shape, images only."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or not needs_rank(node, 0, shape, 4, "batch, channels, height and width", report):
        return undetermined(node)
    return Outcome((shape,))


OPERATORS = (
    Operator(
        "BatchNormalization",
        batch_normalization,
        kind="normalisation",
        linear=True,
        roles={1: "scale", 2: "bias", 3: "mean", 4: "variance"},
    ),
    Operator("caffe::Normalize", norm, kind="normalisation"),
    Operator("LRN", local_response, kind="normalisation", in_place="corrupts", backward_reads_output=True),
    Operator(
        "MeanVarianceNormalization",
        same,
        kind="normalisation",
        in_place="loses-gradient",
        backward_reads_output=True,
    ),
)
