"""Elementwise operators of one input: activations and arithmetic by constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, spell
from netlint.ops.arithmetic import axis_within, called, came_from, differ, integer, refused, undetermined
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report

InPlace: TypeAlias = Literal["safe", "skews-gradient", "loses-gradient", "refused"]


def same(_node: Node, inputs: Sequence[Shape], _report: Report) -> Outcome:
    """The output has the input's shape."""
    return Outcome((inputs[0] if inputs else UNKNOWN,) * len(_node.outputs))


def prelu(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; one slope a channel, or a single one when `channel_shared`. Where the slopes are an input, they
    broadcast to the first one (ONNX PRelu)."""
    shape = inputs[0] if inputs else UNKNOWN
    if len(inputs) > 1:
        return _slopes_fit(node, inputs, report)
    if isinstance(shape, Unknown):
        return undetermined(node)
    if node.dialect == "caffe" and len(shape) < 2:
        report(
            Problem(
                "rank-mismatch",
                f"{node.label} has a slope for each channel of axis 1, but its input {spell(shape)} has no such axis",
                node.inputs[0],
                related=came_from(node, 0, shape),
                remedy="feed it a value of two axes or more",
                node=node,
            )
        )
        return undetermined(node)
    if "shared_axes" in node.attrs:
        return Outcome((shape,), (_one_for_all(node, shape),))
    slope: Shape = () if node.get("channel_shared", False) is True else (shape[1] if len(shape) > 1 else UNKNOWN,)
    return Outcome((shape,), (slope,))


def _one_for_all(node: Node, shape: tuple[Dim, ...]) -> Shape:
    """A slope for each element of a sample, a single one along the shared axes, which count the batch
    (keras/src/layers/activations/prelu.py)."""
    shared = node.get("shared_axes", ())
    if not isinstance(shared, tuple):
        return UNKNOWN
    return tuple(1 if axis in shared else dim for axis, dim in enumerate(shape) if axis)


def _slopes_fit(node: Node, inputs: Arrived, report: Report) -> Outcome:
    shape, slopes = inputs[0], inputs[1]
    if isinstance(shape, tuple) and isinstance(slopes, tuple):
        # Before operator set 7 a vector of slopes stood for the channels of axis 1.
        by_channel = len(slopes) == 1 and len(shape) > 1 and not differ(slopes[0], shape[1])
        fits = len(slopes) <= len(shape) and all(
            slope == 1 or not differ(slope, dim) for slope, dim in zip(reversed(slopes), reversed(shape), strict=False)
        )
        if not fits and not by_channel:
            refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} has slopes {spell(slopes)} in {called(node, 1)}, which do not broadcast to its input "
                f"{spell(shape)}",
                slots=(0, 1),
                remedy="give one slope a channel, with a 1 for each axis behind it",
            )
    return Outcome((shape,) * len(node.outputs))


def softmax(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; the axis must be there. What `flattens` (before operator set 13) may begin behind the last one."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple) and node.dialect != "caffe":
        axis, rank = integer(node, "axis", -1), len(shape)
        behind = node.get("flattens", 0) == 1 and axis == rank
        # A scalar has no axis, but exporters write it and runtimes take it as one element.
        if rank and not behind:
            axis_within(node, inputs, report, axis, rank)
    return Outcome((shape,) * len(node.outputs))


def _activation(
    name: str, activation: Activation, *, reads_output: bool = False, in_place: InPlace = "safe"
) -> Operator:
    return Operator(
        name,
        same,
        kind="activation",
        activation=activation,
        backward_reads_output=reads_output,
        in_place=in_place,
        probabilities="sigmoid" if name == "Sigmoid" else "",
    )


# What backward computes with: the CPU sources of BVLC/caffe src/caffe/layers. BNLL and Clip read their own input
# element by element; AbsVal refuses (CHECK_NE). Log and Power use the gradient's buffer for a factor before they have
# read the gradient.
OPERATORS = (
    _activation("Relu", Activation(low=0, keeps_zero=True)),
    _activation("Relu6", Activation(low=0, high=6, keeps_zero=True)),
    _activation("LeakyRelu", Activation(keeps_zero=True)),
    _activation("Elu", Activation(low=-1, keeps_zero=True), reads_output=True),
    _activation("Swish", Activation(keeps_zero=True), reads_output=True),
    _activation("Clip", Activation(), in_place="skews-gradient"),
    _activation("Sigmoid", Activation(low=0, high=1), reads_output=True),
    _activation("Tanh", Activation(low=-1, high=1, keeps_zero=True), reads_output=True),
    _activation("Abs", Activation(low=0, keeps_zero=True), in_place="refused"),
    _activation("Softplus", Activation(low=0), in_place="skews-gradient"),
    _activation("Exp", Activation(low=0), reads_output=True),
    _activation("Log", Activation(), in_place="loses-gradient"),
    _activation("caffe::Power", Activation(), in_place="loses-gradient"),
    _activation("Selu", Activation(low=-1.7581, keeps_zero=True)),
    _activation("Celu", Activation(keeps_zero=True)),
    _activation("ThresholdedRelu", Activation(keeps_zero=True)),
    _activation("HardSigmoid", Activation(low=0, high=1)),
    _activation("HardSwish", Activation(low=-0.375, keeps_zero=True)),
    _activation("Gelu", Activation(low=-0.17, keeps_zero=True)),
    _activation("Mish", Activation(low=-0.3089, keeps_zero=True)),
    _activation("Softsign", Activation(low=-1, high=1, keeps_zero=True)),
    _activation("Shrink", Activation(keeps_zero=True)),
    Operator("PRelu", prelu, kind="activation", roles={1: "slope"}, activation=Activation(keeps_zero=True)),
    Operator("caffe::Threshold", same, kind="activation", activation=Activation(low=0, high=1), differentiable=False),
    Operator("Softmax", softmax, kind="activation", probabilities="softmax", backward_reads_output=True),
    Operator("LogSoftmax", softmax, kind="activation", activation=Activation(high=0)),
    Operator("Hardmax", softmax, kind="activation", activation=Activation(low=0, high=1), differentiable=False),
    Operator("Dropout", same, kind="dropout", transparent=True, linear=True),
)
