"""PyTorch's functions of elements, reductions and tensors made of numbers, where ONNX has no name for them."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, product, quotient, spell
from netlint.ops.activation import same
from netlint.ops.arithmetic import (
    MOST_AXES,
    MOST_ELEMENTS,
    axis_within,
    called,
    differ,
    integer,
    listed,
    refused,
    undetermined,
)
from netlint.ops.broadcast import pairwise, wider
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report
from netlint.ops.reduction import collapse


def filled(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A tensor of shape `size`, every element `value` where that is given (torch.zeros, full, empty, rand, ...)."""
    size = listed(node, inputs, "size")
    if not isinstance(size, tuple) or len(size) > MOST_AXES:
        return undetermined(node)
    outputs = (size,) * len(node.outputs)
    count, value = product(size), node.get("value", UNKNOWN)
    if isinstance(value, int | float) and isinstance(count, int) and 0 < count <= MOST_ELEMENTS:
        whole = bool(node.outputs) and node.outputs[0].dtype.startswith(("int", "uint"))
        return Outcome(outputs, (), ((int(value) if whole else value,) * count,))
    return Outcome(outputs)


def extreme(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """One index into all elements (torch.argmax without `dim`)."""
    shape = inputs[0] if inputs else UNKNOWN
    if node.get("keepdims", 0) == 0:
        return Outcome(((),) * len(node.outputs))
    return Outcome((UNKNOWN if isinstance(shape, Unknown) else (1,) * len(shape),) * len(node.outputs))


def copied(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The first input's shape; the second is stretched to it and takes its place (torch.Tensor.copy_)."""
    shape, source = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(shape, tuple) and isinstance(source, tuple):
        result = wider(shape, source)
        if result is None or len(result) != len(shape) or any(map(differ, result, shape)):
            return refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} writes {called(node, 1)} {spell(source)} into {called(node, 0)} {spell(shape)}, to "
                "which it does not broadcast",
                slots=(0, 1),
                remedy="write a value of the place's shape",
            )
    return Outcome((shape,) * len(node.outputs))


def halved(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Half of axis `dim` gates the other one (torch.nn.GLU)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "dim", -1), len(shape))
    if axis is None:
        return undetermined(node)
    extent = shape[axis]
    if isinstance(extent, int) and extent % 2:
        return refused(
            node,
            inputs,
            report,
            "split-size-mismatch",
            f"{node.label} gates one half of axis {axis} of {spell(shape)} with the other, but {extent} is odd",
            at=node.place("dim"),
            remedy="give that axis an even extent",
        )
    return Outcome(((*shape[:axis], quotient(extent, 2), *shape[axis + 1 :]),) * len(node.outputs))


def adaptive(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The last `spatial` axes get the extents `output_size` (torch.nn.AdaptiveAvgPool2d, ...)."""
    shape, sizes, count = (
        inputs[0] if inputs else UNKNOWN,
        listed(node, inputs, "output_size"),
        integer(node, "spatial", 0),
    )
    if isinstance(shape, Unknown) or not isinstance(sizes, tuple) or not isinstance(count, int) or len(sizes) != count:
        return undetermined(node)
    return (
        Outcome(((*shape[: len(shape) - count], *sizes),) * len(node.outputs))
        if len(shape) > count
        else undetermined(node)
    )


def compared(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Two inputs broadcast, and axis `dim` goes away (cosine_similarity; pairwise_distance along the last axis)."""
    if len(inputs) < 2 or isinstance(inputs[0], Unknown) or isinstance(inputs[1], Unknown):
        return undetermined(node)
    shape = wider(inputs[0], inputs[1])
    axis = integer(node, "dim", -1)
    if shape is None or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        return undetermined(node)
    axis %= len(shape)
    kept = (1,) if node.get("keepdim", False) is True else ()
    return Outcome(((*shape[:axis], *kept, *shape[axis + 1 :]),) * len(node.outputs))


def distances(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(b..., P, M), (b..., R, M) -> (b..., P, R)` (torch.cdist)."""
    if len(inputs) < 2 or isinstance(inputs[0], Unknown) or isinstance(inputs[1], Unknown):
        return undetermined(node)
    one, other = inputs[0], inputs[1]
    batch = wider(one[:-2], other[:-2]) if min(len(one), len(other)) > 1 else None
    return undetermined(node) if batch is None else Outcome(((*batch, one[-2], other[-2]),))


def _curve(name: str, low: float = float("-inf"), high: float = float("inf"), *, zero: bool = False) -> Operator:
    return Operator(f"aten::{name}", same, kind="activation", activation=Activation(low, high, zero))


def _plain(name: str, *, differentiable: bool = True) -> Operator:
    return Operator(f"aten::{name}", same, differentiable=differentiable)


def slopes(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; one slope a channel, or a single one (torch.nn.PReLU)."""
    shape, slope = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(shape, tuple) and isinstance(slope, tuple):
        channels: Dim = shape[1] if len(shape) > 1 else 1
        if product(slope) != 1 and differ(product(slope), channels):
            return refused(
                node,
                inputs,
                report,
                "channel-mismatch",
                f"{node.label} has {spell(slope)} slopes, but its input {spell(shape)} has {channels} channels",
                slots=(1, 0),
                remedy=f"use one slope, or {channels}",
            )
    return Outcome((shape,) * len(node.outputs))


def batch_and_statistics(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; the batch's mean and inverse deviation while it trains, one element a channel, else nothing
    (aten/src/ATen/native/Normalization.cpp, batch_norm_cpu)."""
    shape = inputs[0] if inputs else UNKNOWN
    channels: Dim = shape[1] if isinstance(shape, tuple) and len(shape) > 1 else UNKNOWN
    each: Shape = (channels,) if node.get("training_mode", 0) == 1 else (0,)
    # The functional form also gives the running statistics as they are afterwards.
    running: Shape = (channels,) if len(node.outputs) == 5 else UNKNOWN
    return Outcome((shape, each, each, running, running)[: len(node.outputs)])


def groups_and_statistics(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; mean and inverse deviation of each group: `(N, groups)` (native_group_norm)."""
    shape = inputs[0] if inputs else UNKNOWN
    batch: Dim = shape[0] if isinstance(shape, tuple) and shape else UNKNOWN
    each: Shape = (batch, integer(node, "num_groups", 0))
    return Outcome((shape, each, each)[: len(node.outputs)])


_STATISTICS = {1: "scale", 2: "bias", 3: "mean", 4: "variance"}

OPERATORS = (
    _curve("log1p", zero=True),
    _curve("expm1", -1, zero=True),
    _curve("rsqrt", 0),
    _curve("erfc", 0, 2),
    _curve("exp2", 0),
    _curve("log2"),
    _curve("log10"),
    _curve("square", 0, zero=True),
    _curve("log_sigmoid", high=0),
    _curve("softshrink", zero=True),
    _curve("hardshrink", zero=True),
    _curve("threshold"),
    _curve("rrelu", zero=True),
    _curve("logit"),
    _curve("nan_to_num"),
    *(_plain(name) for name in ("positive", "lgamma", "digamma", "erfinv", "deg2rad", "rad2deg", "sinc", "cumprod")),
    *(_plain(name) for name in ("logcumsumexp", "index_put", "_unsafe_index_put", "index_add", "index_copy", "conj")),
    *(_plain(name) for name in ("index_fill", "scatter_add", "scatter_reduce", "select_scatter", "slice_scatter")),
    *(
        _plain(name)
        for name in ("diagonal_scatter", "masked_scatter", "scatter_value", "renorm", "written", "fill_diagonal")
    ),
    *(
        _plain(name, differentiable=False)
        for name in (
            *("trunc", "frac", "bitwise_not", "isfinite", "bernoulli", "exponential", "uniform", "normal", "random"),
            *("rand_like", "randn_like", "zeros_like", "ones_like", "empty_like", "full_like", "randint_like", "fill"),
            *("zero", "log_normal", "cauchy", "geometric", "argsort"),
        )
    ),
    Operator("aten::detach", same, transparent=True, linear=True, differentiable=False),
    Operator("aten::alpha_dropout", same, kind="dropout", linear=True),
    Operator("aten::feature_alpha_dropout", same, kind="dropout", linear=True),
    Operator("aten::prelu", slopes, kind="activation", roles={1: "slope"}, activation=Activation(keeps_zero=True)),
    Operator("aten::copy", copied, kind="layout"),
    *(
        Operator(f"aten::{name}", pairwise(None), kind="merge")
        for name in ("clamp", "scaled_sum", "floor_divide", "atan2", "fmod", "remainder", "logaddexp", "hypot", "xlogy")
    ),
    *(Operator(f"aten::{name}", pairwise(None), differentiable=False) for name in ("ne", "isclose")),
    *(Operator(f"aten::{name}", pairwise(None), differentiable=False) for name in ("and", "or", "xor", "copysign")),
    Operator("aten::addcmul", pairwise(None), kind="merge"),
    Operator("aten::filled", filled, differentiable=False),
    Operator("aten::argmax", extreme, differentiable=False),
    Operator("aten::sort", same, kind="layout"),
    Operator("aten::glu", halved, kind="activation"),
    Operator("aten::adaptive_pool", adaptive, kind="pooling"),
    Operator("aten::cosine_similarity", compared, kind="reduction"),
    Operator("aten::pairwise_distance", compared, kind="reduction"),
    Operator("aten::cdist", distances, kind="reduction"),
    Operator("aten::native_batch_norm", batch_and_statistics, kind="normalisation", roles=_STATISTICS),
    Operator("aten::native_group_norm", groups_and_statistics, kind="normalisation", roles={1: "scale", 2: "bias"}),
    *(
        Operator(f"aten::{name}", collapse(), kind="reduction")
        for name in ("var", "std", "norm", "nansum", "nanmean", "median")
    ),
    *(Operator(f"aten::{name}", collapse(), kind="reduction", differentiable=False) for name in ("any", "all")),
)
