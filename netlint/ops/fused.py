"""Operators of `com.microsoft`, into which exporters and optimisers fuse several of ONNX's."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, spell
from netlint.ops.activation import same
from netlint.ops.arithmetic import called, differ, integer, refused, undetermined
from netlint.ops.broadcast import pairwise
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report
from netlint.ops.scaling import layer_normalization, scales

_PREFIX = "com.microsoft::"


def skipping(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`x + skip` (and a bias), normalised: the input's shape; mean and deviation, and last the sum itself
    (onnxruntime SkipLayerNormalization)."""
    shape = inputs[0] if inputs else UNKNOWN
    skip = inputs[1] if len(inputs) > 1 else UNKNOWN
    if isinstance(shape, tuple) and shape and isinstance(skip, tuple):
        if not scales(skip, shape):
            return refused(
                node,
                inputs,
                report,
                "residual-add-mismatch",
                f"{node.label} adds {called(node, 0)} {spell(shape)} and {called(node, 1)} {spell(skip)}, which do not "
                "agree",
                slots=(0, 1),
                remedy="give both branches the same shape",
            )
        for slot in range(2, min(len(inputs), 5)):
            given = inputs[slot]
            if isinstance(given, tuple) and inputs.given(slot) and (len(given) != 1 or differ(given[0], shape[-1])):
                return refused(
                    node,
                    inputs,
                    report,
                    "channel-mismatch",
                    f"{called(node, slot)} of {node.label} is {spell(given)}, but its input {spell(shape)} has "
                    f"{shape[-1]} features",
                    slots=(slot, 0),
                    remedy=f"give it {shape[-1]} elements",
                )
    outputs: tuple[Shape, ...] = (shape, UNKNOWN, UNKNOWN, shape)
    return Outcome(outputs[: len(node.outputs)])


def embedded(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`ids (N, T), ..., words (V, D) at input 2 -> (N, T, D)`, mask counts `(N,)`, and the sum
    (onnxruntime EmbedLayerNormalization)."""
    ids, words = (inputs[0], inputs[2]) if len(inputs) > 2 else (UNKNOWN, UNKNOWN)
    if isinstance(ids, Unknown) or len(ids) != 2:
        return undetermined(node)
    width: Dim = words[1] if isinstance(words, tuple) and len(words) == 2 else UNKNOWN
    outputs: tuple[Shape, ...] = ((*ids, width), (ids[0],), (*ids, width))
    return Outcome(outputs[: len(node.outputs)])


def packed_weight(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(..., K) -> (..., N)`, the weight being packed in few bits (onnxruntime MatMulNBits)."""
    shape, inner, outputs = inputs[0] if inputs else UNKNOWN, integer(node, "K", 0), integer(node, "N", 0)
    if isinstance(shape, Unknown) or not shape:
        return undetermined(node)
    if differ(shape[-1], inner) and inner != 0:
        return refused(
            node,
            inputs,
            report,
            "dense-input-mismatch",
            f"{node.label} is made for {inner} features (`K`), but {called(node, 0)} {spell(shape)} has {shape[-1]}",
            remedy=f"set `K` to {shape[-1]}, or feed the layer {inner} features",
        )
    return Outcome(((*shape[:-1], outputs if outputs != 0 else UNKNOWN),) * len(node.outputs))


def glued(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The input's shape with a bias added along the last axis (onnxruntime BiasGelu, BiasAdd, ...)."""
    return Outcome((inputs[0] if inputs else UNKNOWN,) * len(node.outputs))


_CURVE = Activation(low=-0.17, keeps_zero=True)
_SCALE = {1: "scale", 2: "bias"}

OPERATORS = (
    *(Operator(_PREFIX + name, same, kind="activation", activation=_CURVE) for name in ("Gelu", "QuickGelu")),
    *(
        Operator(_PREFIX + name, glued, kind="activation", activation=_CURVE, roles={1: "bias"})
        for name in ("BiasGelu", "FastGelu")
    ),
    *(Operator(_PREFIX + name, same, kind="activation") for name in ("BiasSoftmax", "BiasDropout")),
    *(
        Operator(_PREFIX + name, skipping, kind="normalisation", roles={2: "scale", 3: "bias"})
        for name in ("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
    ),
    *(
        Operator(prefix + "LayerNormalization", layer_normalization, kind="normalisation", roles=_SCALE)
        for prefix in (_PREFIX, f"{_PREFIX}Simplified")
    ),
    Operator(_PREFIX + "EmbedLayerNormalization", embedded),
    Operator(_PREFIX + "MatMulNBits", packed_weight, kind="weighted", roles={1: "weight"}, linear=True),
    Operator(_PREFIX + "BiasAdd", pairwise(None), kind="affine", linear=True),
    Operator(_PREFIX + "Inverse", same),
    Operator(_PREFIX + "Trilu", same, kind="layout", linear=True),
)
