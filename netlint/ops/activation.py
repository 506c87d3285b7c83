"""Elementwise operators of one input: activations and arithmetic by constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

from netlint.model import UNKNOWN, Node, Problem, Shape, Unknown, spell
from netlint.ops.arithmetic import came_from, undetermined
from netlint.ops.operator import Activation, Operator, Outcome, Report

InPlace: TypeAlias = Literal["safe", "skews-gradient", "loses-gradient", "refused"]


def same(_node: Node, inputs: Sequence[Shape], _report: Report) -> Outcome:
    """The output has the input's shape."""
    return Outcome((inputs[0] if inputs else UNKNOWN,) * len(_node.outputs))


def prelu(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Same shape; one slope a channel, or a single one when `channel_shared`."""
    shape = inputs[0] if inputs else UNKNOWN
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
    slope: Shape = () if node.get("channel_shared", False) is True else (shape[1] if len(shape) > 1 else UNKNOWN,)
    return Outcome((shape,), (slope,))


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
    Operator("PRelu", prelu, kind="activation", activation=Activation(keeps_zero=True)),
    Operator("caffe::Threshold", same, kind="activation", activation=Activation(low=0, high=1), differentiable=False),
    Operator("Softmax", same, kind="activation", probabilities="softmax", backward_reads_output=True),
    Operator("Dropout", same, kind="dropout", transparent=True, linear=True),
)
