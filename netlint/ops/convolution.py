"""Convolutions: `Conv`, `ConvTranspose` and Caffe's `Im2col`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from netlint.model import UNKNOWN, Attr, Dim, Node, Problem, Shape, Unknown, minus, plus, quotient, spell, times
from netlint.ops.arithmetic import axis_of, came_from, integer, integers, needs_rank, undetermined
from netlint.ops.filtering import by_weights, by_weights_transposed
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.window import SAME

#: The attributes of a window, and what stands for one that is not given.
_DEFAULTS: Final = (("kernel_shape", 0), ("strides", 1), ("pads", 0), ("dilations", 1))


def window(node: Node, size: Dim, kernel: Dim, stride: Dim, pads: Dim, dilation: Dim) -> Dim:
    """Positions of a convolution window along one axis, `pads` being the sum of both sides.

    ONNX and PyTorch round down. Caffe divides integers as C does, truncating towards zero, so that a kernel larger
    than its input still gives one position when the stride exceeds the lack
    (BVLC/caffe src/caffe/layers/conv_layer.cpp, compute_output_shape).
    """
    if not (
        isinstance(size, int)
        and isinstance(kernel, int)
        and isinstance(stride, int)
        and isinstance(pads, int)
        and isinstance(dilation, int)
    ):
        return UNKNOWN
    if stride <= 0:
        return UNKNOWN
    room = size + pads - (dilation * (kernel - 1) + 1)
    if node.dialect == "caffe" and room < 0:
        return -(-room // stride) + 1
    return room // stride + 1


def _geometry(node: Node, rank: int) -> tuple[tuple[Dim, ...], tuple[Dim, ...], tuple[Dim, ...], tuple[Dim, ...]]:
    """(kernel, strides, sum of pads, dilations), each one number a spatial axis."""
    if node.get("uniform", False) is True:
        kernel, stride, pad, dilation = (
            integers(node, name, 4 if name == "pads" else 2, default)[0] for name, default in _DEFAULTS
        )
        return (kernel,) * rank, (stride,) * rank, (_plus(pad, pad),) * rank, (dilation,) * rank
    pads = integers(node, "pads", 2 * rank, 0)
    total = tuple(map(_plus, pads[:rank], pads[rank:]))
    return (
        integers(node, "kernel_shape", rank, 0),
        integers(node, "strides", rank, 1),
        total,
        integers(node, "dilations", rank, 1),
    )


def _plus(low: Dim, high: Dim) -> Dim:
    return low + high if isinstance(low, int) and isinstance(high, int) else UNKNOWN


def _channels_fit(node: Node, channels: Dim, outputs: Dim, group: Dim, shape: Shape, report: Report) -> bool:
    if not isinstance(group, int) or group == 1:
        return True
    fits = True
    for count, what, related in (
        (channels, "input channels", came_from(node, 0, shape)),
        (outputs, "output channels", ()),
    ):
        if isinstance(count, int) and (group <= 0 or count % group):
            report(
                Problem(
                    "group-not-dividing",
                    f"{node.label} splits {count} {what} into {group} groups, but {count} is not a multiple of {group}",
                    node.place("group"),
                    related=related,
                    remedy=f"choose a number of groups that divides {count}",
                    node=node,
                )
            )
            fits = False
    return fits


def _stored_depth_fits(node: Node, depth: Dim, stored_axis: int, shape: Shape, report: Report) -> None:
    """Compare the channels that arrive with the depth of a weight that the source declares."""
    weight = node.param("weight")
    if weight is None or isinstance(weight.shape, Unknown) or len(weight.shape) <= stored_axis:
        return
    stored = weight.shape[stored_axis]
    if isinstance(stored, int) and isinstance(depth, int) and stored != depth:
        report(
            Problem(
                "channel-mismatch",
                f"the weight of {node.label} is {spell(weight.shape)}, made for {stored} input channels"
                f"{' a group' if integer(node, 'group', 1) != 1 and stored_axis == 1 else ''}, but {depth} arrive",
                weight if weight.span else node,
                related=came_from(node, 0, shape),
                remedy=f"give the weight {depth} input channels, or feed the layer {stored}",
                node=node,
            )
        )


def _kernel_fits(node: Node, shape: tuple[Dim, ...], first: int, report: Report) -> None:
    """Report the axes on which the window is larger than the padded input."""
    rank = len(shape) - first
    kernel, strides, pads, dilations = _geometry(node, rank)
    for axis in range(rank):
        size, extent, pad, dilation = shape[first + axis], kernel[axis], pads[axis], dilations[axis]
        if not (
            isinstance(size, int) and isinstance(extent, int) and isinstance(pad, int) and isinstance(dilation, int)
        ):
            continue
        reach = dilation * (extent - 1) + 1
        if reach > size + pad and size > 0:
            stride = strides[axis]
            silently = node.dialect == "caffe" and isinstance(stride, int) and reach - size - pad < stride
            cost = (
                "Caffe accepts it because of the stride and reads zeros past the edge"
                if silently
                else "there is no position to place it"
            )
            report(
                Problem(
                    "kernel-exceeds-input",
                    f"the kernel of {node.label} spans {reach} pixels, but its input {spell(shape)} has only "
                    f"{size + pad} along that axis, padding included: {cost}",
                    node.place("kernel_shape"),
                    related=came_from(node, 0, shape),
                    remedy="use a smaller kernel, more padding, or less downsampling before this layer",
                    node=node,
                )
            )
            return


def conv(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, C, d...) -> (N, out_channels, window(d)...)`; weight `(out, C / group, k...)`, bias `(out,)`."""
    if "out_channels" not in node.attrs and len(inputs) > 1:
        return by_weights(node, inputs, report)
    return _convolve(node, inputs, report, transposed=False)


def conv_transpose(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, C, d...) -> (N, out_channels, s(d - 1) + reach - pads...)`; weight `(C, out / group, k...)`.

    BVLC/caffe src/caffe/layers/deconv_layer.cpp; ONNX ConvTranspose agrees for `output_padding` 0.
    """
    if "out_channels" not in node.attrs and len(inputs) > 1:
        return by_weights_transposed(node, inputs, report)
    return _convolve(node, inputs, report, transposed=True)


def _convolve(node: Node, inputs: Sequence[Shape], report: Report, *, transposed: bool) -> Outcome:
    outputs = integer(node, "out_channels", 0)
    shapes: list[Shape] = []
    params: tuple[Shape, ...] = (UNKNOWN,) * len(node.params)
    for slot in range(len(node.outputs)):
        shape = inputs[slot] if slot < len(inputs) else UNKNOWN
        if isinstance(shape, Unknown):
            shapes.append(UNKNOWN)
            continue
        first = inputs[0]
        if slot and isinstance(first, tuple) and _differ(first, shape):
            _unlike_first(node, slot, first, shape, report)
            return undetermined(node)
        axis = axis_of(node, shape, report)
        if axis is None:
            return undetermined(node)
        rank = len(shape) - axis - 1
        if isinstance(node.get("kernel_shape", ()), tuple) and not _spatial_rank_fits(node, slot, shape, rank, report):
            return undetermined(node)
        channels, group = shape[axis], integer(node, "group", 1)
        if node.get("implicit_groups", False) is True:
            group = _implied_groups(node, channels)
        if node.get("depthwise", False) is True:
            # One filter a channel, whatever `num_output` says (conv_dw_layer.cpp of the depthwise forks).
            group = channels
            outputs = times(channels, integer(node, "depth_multiplier", 1))
        fits = _channels_fit(node, channels, outputs, group, shape, report)
        depth = _divide(outputs if transposed else channels, group) if fits else UNKNOWN
        _stored_depth_fits(node, channels if transposed else depth, 0 if transposed else 1, shape, report)
        kernel, strides, pads, dilations = _geometry(node, rank)
        same_size = node.get("auto_pad", "") in SAME
        if transposed and node.dialect == "keras":
            spatial = _enlarged_by_keras(node, shape[axis + 1 :], kernel, strides, dilations)
        elif transposed and "output_shape" in node.attrs:
            spatial = integers(node, "output_shape", rank, 0)
        elif same_size:
            spatial = tuple(
                quotient(plus(size, minus(by, 1)), by) for size, by in zip(shape[axis + 1 :], strides, strict=True)
            )
        elif transposed:
            spatial = tuple(map(_upsampled, shape[axis + 1 :], kernel, strides, pads, dilations))
            _not_collapsed(node, shape, spatial, report)
        else:
            sizes = shape[axis + 1 :]
            spatial = tuple(map(partial(window, node), sizes, kernel, strides, pads, dilations))
            # A kernel that does not fit has one position at most.
            if slot == 0 and any(isinstance(count, int) and count <= 1 for count in spatial):
                _kernel_fits(node, shape, axis + 1, report)
        shapes.append((*shape[:axis], outputs, *spatial))
        weight: Shape = (channels, depth, *kernel) if transposed else (outputs, depth, *kernel)
        params = (weight, (outputs,))[: len(node.params)]
    return Outcome(tuple(shapes), params)


def _implied_groups(node: Node, channels: Dim) -> Dim:
    """Where the source gives no number of groups, the weight's depth says into how many the channels fall
    (tensorflow/core/kernels/conv_ops.cc: the filter's depth must divide the input's)."""
    weight = node.param("weight")
    depth = weight.shape[1] if weight is not None and isinstance(weight.shape, tuple) else UNKNOWN
    if isinstance(channels, int) and isinstance(depth, int) and depth > 0:
        # What does not come out even is no group, but a mismatch.
        return channels // depth if channels % depth == 0 and channels else 1
    return UNKNOWN


def _differ(one: tuple[Dim, ...], other: tuple[Dim, ...]) -> bool:
    return len(one) != len(other) or any(
        isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(one, other, strict=True)
    )


def _unlike_first(node: Node, slot: int, first: Shape, shape: Shape, report: Report) -> None:
    """base_conv_layer.cpp, Reshape: all inputs share one buffer."""
    report(
        Problem(
            "merge-shape-mismatch",
            f"{node.label} filters several inputs, but `{node.inputs[0].value.name}` is {spell(first)} and "
            f"`{node.inputs[slot].value.name}` is {spell(shape)}: Caffe wants one shape",
            node.inputs[slot],
            related=(*came_from(node, 0, first), *came_from(node, slot, shape)),
            remedy="give each input a layer of its own and share the weights by `param { name: ... }`",
            node=node,
        )
    )


def _spatial_rank_fits(node: Node, slot: int, shape: tuple[Dim, ...], rank: int, report: Report) -> bool:
    kernel = node.attrs.get("kernel_shape")
    if kernel is None or not isinstance(kernel.value, tuple) or len(kernel.value) == rank:
        return True
    if rank > 0 and node.get("uniform", False) is True:
        return True
    needed = len(shape) - rank + len(kernel.value)
    return needs_rank(node, slot, shape, needed, f"{len(kernel.value)} of them spatial", report)


def _divide(count: Dim, group: Dim) -> Dim:
    if isinstance(count, int) and isinstance(group, int) and group > 0:
        return count // group
    return UNKNOWN


def _upsampled(size: Dim, kernel: Dim, stride: Dim, pads: Dim, dilation: Dim) -> Dim:
    if (
        isinstance(size, int)
        and isinstance(kernel, int)
        and isinstance(stride, int)
        and isinstance(pads, int)
        and isinstance(dilation, int)
    ):
        return stride * (size - 1) + dilation * (kernel - 1) + 1 - pads
    return UNKNOWN


def _enlarged_by_keras(
    node: Node,
    sizes: tuple[Dim, ...],
    kernel: tuple[Dim, ...],
    strides: tuple[Dim, ...],
    dilations: tuple[Dim, ...],
) -> tuple[Dim, ...]:
    """Keras says the size that comes out, and pads to get there: `same` gives `s d`, `valid` all that the windows
    cover and at least a whole stride (keras/src/backend/common/backend_utils.py,
    _get_output_shape_given_tf_padding)."""
    given = integers(node, "output_padding", len(sizes), 0) if "output_padding" in node.attrs else None
    same_size = node.get("auto_pad", "") in SAME
    result: list[Dim] = []
    for axis, (size, extent, stride, dilation) in enumerate(zip(sizes, kernel, strides, dilations, strict=True)):
        if not (isinstance(extent, int) and isinstance(stride, int) and isinstance(dilation, int)):
            result.append(UNKNOWN)
            continue
        reach = (extent - 1) * dilation + 1
        if given is None:
            more: Dim = 0 if same_size else max(reach, stride) - stride
            result.append(plus(times(size, stride), more))
        else:
            begin = times(minus(size, 1), stride)
            result.append(plus(plus(begin, reach % 2 if same_size else reach), given[axis]))
    return tuple(result)


def _not_collapsed(node: Node, shape: Shape, spatial: tuple[Dim, ...], report: Report) -> None:
    if any(isinstance(size, int) and size <= 0 for size in spatial):
        report(
            Problem(
                "spatial-collapse",
                f"{node.label} turns {spell(shape)} into {spell(spatial)} pixels: its padding removes more than the "
                "kernel adds",
                node.place("pads", "kernel_shape"),
                related=came_from(node, 0, shape),
                remedy="use less padding or a larger kernel",
                node=node,
            )
        )


def im2col(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """`(N, C, d...) -> (N, C x kernel elements, window(d)...)` (BVLC/caffe src/caffe/layers/im2col_layer.cpp)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_of(node, shape, report)
    if axis is None:
        return undetermined(node)
    kernel, strides, pads, dilations = _geometry(node, len(shape) - axis - 1)
    columns: Dim = shape[axis]
    for extent in kernel:
        columns = columns * extent if isinstance(columns, int) and isinstance(extent, int) else UNKNOWN
    spatial = tuple(
        window(node, *numbers) for numbers in zip(shape[axis + 1 :], kernel, strides, pads, dilations, strict=True)
    )
    return Outcome(((*shape[:axis], columns, *spatial),))


def pads_exceed_kernel(node: Node) -> tuple[Attr, int, int] | None:
    """(attribute, padding, reach) where one side's padding is at least as wide as the dilated kernel."""
    pads, kernel = node.attrs.get("pads"), node.get("kernel_shape", ())
    if pads is None or not isinstance(pads.value, tuple) or not isinstance(kernel, tuple):
        return None
    dilations = integers(node, "dilations", len(kernel), 1)
    for axis, (extent, dilation) in enumerate(zip(kernel, dilations, strict=True)):
        pad = pads.value[axis] if axis < len(pads.value) else UNKNOWN
        if isinstance(pad, int) and isinstance(extent, int) and isinstance(dilation, int):
            reach = dilation * (extent - 1) + 1
            if pad >= reach > 1 or pad > reach == 1 or (pad == reach == 1 and node.dialect == "onnx"):
                return pads, pad, reach
    return None


def uneven_overlap(node: Node) -> tuple[int, int] | None:
    """(reach, stride) of the first axis on which a transposed convolution's dilated kernel is no multiple of its
    stride; None where it is, or where the source does not say."""
    kernel = node.get("kernel_shape", ())
    if not isinstance(kernel, tuple):
        return None
    strides, dilations = integers(node, "strides", len(kernel), 1), integers(node, "dilations", len(kernel), 1)
    for extent, stride, dilation in zip(kernel, strides, dilations, strict=True):
        if isinstance(extent, int) and isinstance(stride, int) and dilation == 1 and stride > 1 and extent % stride:
            return extent, stride
    return None


_WEIGHTS = {1: "weight", 2: "bias"}

OPERATORS = (
    Operator("Conv", conv, kind="weighted", linear=True, in_place="corrupts", roles=_WEIGHTS),
    Operator("ConvTranspose", conv_transpose, kind="weighted", linear=True, in_place="corrupts", roles=_WEIGHTS),
    Operator("caffe::Im2col", im2col, kind="layout", in_place="corrupts"),
)
