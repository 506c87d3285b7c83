"""Numbers of few bits: quantising, and computing with what is quantised."""

from __future__ import annotations

from netlint.model import UNKNOWN, Node, Shape, Unknown, spell
from netlint.ops.activation import same
from netlint.ops.arithmetic import axis_within, called, differ, integer, refused
from netlint.ops.broadcast import wider
from netlint.ops.concat import stuck_together
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report
from netlint.ops.pooling import global_pool


def scaled(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; one scale and zero point for all, or one for each slice along `axis`, or for each block of it
    (ONNX QuantizeLinear, DequantizeLinear)."""
    shape = inputs[0] if inputs else UNKNOWN
    outputs = (shape,) * len(node.outputs)
    scale = inputs[1] if len(inputs) > 1 else UNKNOWN
    if isinstance(scale, Unknown) or node.get("block_size", 0) != 0:
        return Outcome(outputs)
    if len(inputs) > 2 and inputs.given(2):
        zero = inputs[2]
        if isinstance(zero, tuple) and zero != scale and _lengths(zero, scale):
            refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} has scales {spell(scale)} but zero points {spell(zero)}: each scale needs one",
                slots=(1, 2),
                remedy="give scale and zero point the same shape",
            )
            return Outcome(outputs)
    if isinstance(shape, Unknown) or len(scale) != 1 or scale[0] == 1:
        return Outcome(outputs)
    axis = axis_within(node, inputs, report, integer(node, "axis", 1), len(shape)) if len(shape) > 1 else 0
    if axis is not None and shape and differ(shape[axis], scale[0]):
        refused(
            node,
            inputs,
            report,
            "channel-mismatch",
            f"{node.label} has {scale[0]} scales in {called(node, 1)} for axis {axis} of {spell(shape)}, which has "
            f"{shape[axis]}",
            slots=(1, 0),
            remedy=f"give one scale for each of the {shape[axis]} slices, or a single one",
        )
    return Outcome(outputs)


def _lengths(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Scalars and vectors of one element are the same; open extents may be."""
    a, b = ([dim for dim in shape if dim != 1] for shape in (one, other))
    return len(a) != len(b) or any(
        isinstance(x, int) and isinstance(y, int) and x != y for x, y in zip(a, b, strict=True)
    )


def quantised_on_the_way(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape, and a scale and a zero point (ONNX DynamicQuantizeLinear)."""
    return Outcome((inputs[0] if inputs else UNKNOWN, (), ())[: len(node.outputs)])


def joined_pair(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Two quantised tensors, at inputs 0 and 3, broadcast (onnxruntime QLinearAdd, QLinearMul)."""
    a, b = (inputs[0], inputs[3]) if len(inputs) > 3 else (UNKNOWN, UNKNOWN)
    result: Shape | None = UNKNOWN
    if isinstance(a, tuple) and isinstance(b, tuple):
        result = wider(a, b)
    return Outcome((UNKNOWN if result is None else result,) * len(node.outputs))


def joined_list(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Quantised tensors, each with scale and zero point, behind those of the output (onnxruntime QLinearConcat)."""
    shapes = list(inputs[2::3])
    if not shapes or any(isinstance(shape, Unknown) for shape in shapes):
        return Outcome((UNKNOWN,) * len(node.outputs))
    # Only the arithmetic is shared: names and places of the inputs would be off.
    outcome = stuck_together(node, Arrived(shapes, node, {}), lambda _problem: None, integer(node, "axis", 1))
    return Outcome(outcome.outputs)


OPERATORS = (
    Operator("QuantizeLinear", scaled, kind="other", differentiable=False),
    Operator("DequantizeLinear", scaled, kind="other", linear=True, transparent=True),
    Operator("DynamicQuantizeLinear", quantised_on_the_way, differentiable=False),
    Operator("com.microsoft::QuantizeLinear", scaled, differentiable=False),
    Operator("com.microsoft::DequantizeLinear", scaled, linear=True, transparent=True),
    *(Operator(f"com.microsoft::{name}", joined_pair, kind="merge") for name in ("QLinearAdd", "QLinearMul")),
    Operator("com.microsoft::QLinearConcat", joined_list, kind="merge"),
    *(
        Operator(f"com.microsoft::{name}", same, kind="activation", activation=bounds)
        for name, bounds in (
            ("QLinearSigmoid", Activation(0, 1)),
            ("QLinearLeakyRelu", Activation(keeps_zero=True)),
        )
    ),
    Operator("com.microsoft::QLinearGlobalAveragePool", global_pool, kind="pooling", linear=True),
)
