"""Convolutions whose weights arrive as inputs, as ONNX has it: `Conv`, `ConvTranspose` and their relatives."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Place, Shape, Unknown, minus, plus, spell, times
from netlint.ops.arithmetic import called, integer, refused, undetermined, whole
from netlint.ops.operator import Arrived, Operator, Outcome, Report, ShapeFunction
from netlint.ops.window import SAME, Window, positions, window_of


def filtered(data: int = 0, filters: int = 1, bias: int = 2, *, transposed: bool = False) -> ShapeFunction:
    """The shape function of a convolution with its weights at input `filters`.

    `(N, C, d...)` with `(M, C / group, k...)` gives `(N, M, positions(d)...)`; transposed, `(C, M / group, k...)`
    gives `(N, M, stride (d - 1) + reach - pads...)` (ONNX Conv, ConvTranspose).
    """

    def infer(node: Node, inputs: Arrived, report: Report) -> Outcome:
        shape = inputs[data] if data < len(inputs) else UNKNOWN
        weight = inputs[filters] if filters < len(inputs) else UNKNOWN
        if isinstance(weight, Unknown):
            return _of_unknown_weight(node, shape)
        rank = len(weight) - 2
        if rank < 1 or (not isinstance(shape, Unknown) and len(shape) != rank + 2):
            return _ranks(node, inputs, report, data, filters)
        group: Dim = 1
        if "group" in node.attrs:
            group = integer(node, "group", 1)
        outputs = weight[0]
        if transposed:
            outputs = times(weight[1], group)
        # Most are right: only what looks wrong is looked at closely.
        plain = group == 1 and not transposed and not isinstance(shape, Unknown) and shape[1] == weight[1]
        if not plain and not _weights_fit(node, inputs, report, (data, filters), group, transposed=transposed):
            return undetermined(node)
        if bias < len(inputs) and inputs[bias] != (outputs,) and not _bias_fits(node, inputs, report, bias, outputs):
            return undetermined(node)
        kernel = weight[2:]
        said = node.attrs.get("kernel_shape")
        if said is not None and said.value != kernel:
            known = _kernel(node, inputs, report, kernel, filters)
            if known is None:
                return undetermined(node)
            kernel = known
        window = window_of(node, inputs, kernel, report)
        if window is None:
            return undetermined(node)
        batch: Dim = UNKNOWN
        sizes: tuple[Dim, ...] = (UNKNOWN,) * rank
        if not isinstance(shape, Unknown):
            batch, sizes = shape[0], shape[2:]
        spatial = (
            _enlarged(node, inputs, sizes, window, report)
            if transposed
            else positions(node, inputs, sizes, window, report)
        )
        if spatial is None:
            return undetermined(node)
        return Outcome(((batch, outputs, *spatial),) * len(node.outputs))

    return infer


def _of_unknown_weight(node: Node, shape: Shape) -> Outcome:
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    return Outcome(((shape[0], *(UNKNOWN,) * (len(shape) - 1)),) * len(node.outputs))


def _ranks(node: Node, inputs: Arrived, report: Report, data: int, filters: int) -> Outcome:
    shape, weight = inputs[data], inputs[filters]
    rank = 0 if isinstance(weight, Unknown) else len(weight) - 2
    if rank < 1:
        message = f"the weight of {node.label} is {spell(weight)}: it needs two axes of channels and a spatial one"
        slots: tuple[int, ...] = (filters,)
    else:
        message = (
            f"{node.label} has a weight of {rank} spatial {'axis' if rank == 1 else 'axes'}, {spell(weight)}, but its "
            f"input {spell(shape)} has {0 if isinstance(shape, Unknown) else len(shape) - 2}"
        )
        slots = (filters, data)
    return refused(
        node,
        inputs,
        report,
        "rank-mismatch",
        message,
        slots=slots,
        remedy="give input and weight the same number of axes: batch and channels, then the spatial ones",
    )


def _weights_fit(
    node: Node, inputs: Arrived, report: Report, slots: tuple[int, int], group: Dim, *, transposed: bool
) -> bool:
    """Channels, groups and weight agree: `C == W[1] * group` and `W[0] % group == 0`; transposed, `C == W[0]`."""
    shape, weight = inputs[slots[0]], inputs[slots[1]]
    if isinstance(weight, Unknown) or not isinstance(group, int):
        return True
    channels = UNKNOWN if isinstance(shape, Unknown) else shape[1]
    depth = weight[0] if transposed else times(weight[1], group)
    if group == 1:
        if channels == depth:
            return True
    else:
        for count, what, slot in ((channels, "input channels", 0), (weight[0], "filters", 1)):
            if isinstance(count, int) and (group < 1 or count % group):
                refused(
                    node,
                    inputs,
                    report,
                    "group-not-dividing",
                    f"{node.label} splits {count} {what} into {group} groups, but {count} is not a multiple of {group}",
                    at=node.place("group"),
                    slots=(slots[slot],),
                    remedy=f"choose a number of groups that divides {count}",
                )
                return False
    if isinstance(channels, int) and isinstance(depth, int) and channels != depth:
        each = f" ({weight[1]} in each of {group} groups)" if group != 1 and not transposed else ""
        refused(
            node,
            inputs,
            report,
            "channel-mismatch",
            f"the weight of {node.label} is {spell(weight)}, made for {depth} input channels{each}, but its input "
            f"{spell(shape)} has {channels}",
            slots=(slots[1], slots[0]),
            remedy=f"give the weight {channels} input channels, or feed the layer {depth}",
        )
        return False
    return True


def _bias_fits(node: Node, inputs: Arrived, report: Report, slot: int, outputs: Dim) -> bool:
    bias = inputs[slot]
    if isinstance(bias, Unknown) or not inputs.given(slot):
        return True
    if len(bias) == 1 and (bias[0] == outputs or isinstance(bias[0], Unknown) or isinstance(outputs, Unknown)):
        return True
    refused(
        node,
        inputs,
        report,
        "channel-mismatch",
        f"the bias of {node.label} is {spell(bias)}, but the layer has {outputs} output channels",
        slots=(slot,),
        remedy=f"give the bias one element for each of the {outputs} output channels",
    )
    return False


def _kernel(
    node: Node, inputs: Arrived, report: Report, stored: tuple[Dim, ...], filters: int
) -> tuple[Dim, ...] | None:
    """The kernel by the weight, compared with the attribute, which may fill in what the weight leaves open."""
    value = node.get("kernel_shape", ())
    if not isinstance(value, tuple) or not value:
        return stored
    said = whole(value)
    if said == stored:
        return stored
    if len(said) == len(stored) and all(
        isinstance(a, Unknown) or isinstance(b, Unknown) or a == b for a, b in zip(said, stored, strict=True)
    ):
        return tuple(a if isinstance(b, Unknown) else b for a, b in zip(said, stored, strict=True))
    place: Place = node.place("kernel_shape")
    refused(
        node,
        inputs,
        report,
        "invalid-geometry",
        f"{node.label} says `kernel_shape` {spell(said)}, but the kernel of its weight {called(node, filters)} is "
        f"{spell(stored)} ({spell(inputs[filters])})",
        at=place,
        slots=(filters,),
        remedy=f"set `kernel_shape` to {list(stored)}, or leave it out",
    )
    return None


def _enlarged(
    node: Node, inputs: Arrived, sizes: tuple[Dim, ...], window: Window, report: Report
) -> tuple[Dim, ...] | None:
    """The extents after a transposed convolution: as `output_shape` says, or computed from the window."""
    rank = len(sizes)
    wanted = node.get("output_shape", ())
    if not isinstance(wanted, tuple):
        return (UNKNOWN,) * rank
    if wanted:
        # Some writers also give batch and channels.
        return whole(wanted)[-rank:] if len(wanted) in (rank, rank + 2) else (UNKNOWN,) * rank
    extra = node.get("output_padding", ())
    more = whole(extra) if isinstance(extra, tuple) and len(extra) == rank else (0 if not extra else UNKNOWN,) * rank
    result: list[Dim] = []
    for axis, size in enumerate(sizes):
        extent, stride, dilation = window.kernel[axis], window.strides[axis], window.dilations[axis]
        if window.padding in SAME:
            # A stride beyond the kernel leaves nothing to cut off, and the specifications do not agree on the rest.
            covers = isinstance(extent, int) and isinstance(stride, int) and extent >= stride
            result.append(times(size, stride) if covers else UNKNOWN)
            continue
        full = plus(times(stride, minus(size, 1)), plus(times(dilation, minus(extent, 1)), 1))
        if not window.padding:
            full = minus(full, plus(window.pads[axis], window.pads[axis + rank]))
        elif window.padding != "VALID":
            full = UNKNOWN
        result.append(plus(full, more[axis]))
    if any(isinstance(size, int) and size <= 0 for size in result) and not any(size == 0 for size in sizes):
        refused(
            node,
            inputs,
            report,
            "spatial-collapse",
            f"{node.label} turns {spell(inputs[0])} into {spell(tuple(result))} pixels: its padding removes more than "
            "the kernel adds",
            at=node.place("pads", "kernel_shape"),
            remedy="use less padding or a larger kernel",
        )
        return None
    return tuple(result)


by_weights = filtered()
by_weights_transposed = filtered(transposed=True)


def causal(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`x (N, C, L), weight (C, 1, k) -> (N, C, L), state (N, C, k - 1)` (ONNX CausalConvWithState)."""
    shape, weight = inputs[0] if inputs else UNKNOWN, inputs[1] if len(inputs) > 1 else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) != 3:
        return undetermined(node)
    state: Shape = UNKNOWN
    if isinstance(weight, tuple) and len(weight) == 3:
        if isinstance(weight[0], int) and isinstance(shape[1], int) and weight[0] != shape[1]:
            return refused(
                node,
                inputs,
                report,
                "channel-mismatch",
                f"the weight of {node.label} is {spell(weight)}, made for {weight[0]} channels, but its input "
                f"{spell(shape)} has {shape[1]}",
                slots=(1, 0),
                remedy=f"give the weight {shape[1]} filters",
            )
        state = (shape[0], shape[1], minus(weight[2], 1))
    return Outcome((shape, state)[: len(node.outputs)])


_WEIGHTS = {1: "weight", 2: "bias"}

OPERATORS = (
    Operator("DeformConv", filtered(bias=3), kind="weighted", roles={1: "weight", 3: "bias"}),
    Operator("CausalConvWithState", causal, kind="weighted", linear=True, roles=_WEIGHTS),
    Operator("ConvInteger", filtered(bias=99), kind="weighted", roles={1: "weight"}, linear=True),
    Operator("QLinearConv", filtered(0, 3, 8), kind="weighted", roles={3: "weight", 8: "bias"}),
    Operator("com.microsoft::FusedConv", by_weights, kind="weighted", roles=_WEIGHTS),
)
