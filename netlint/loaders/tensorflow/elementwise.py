"""Operators that work element by element, and reductions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from netlint.loaders.tensorflow.build import Builder
from netlint.loaders.tensorflow.graph import Op
from netlint.loaders.tensorflow.layers import Handler
from netlint.loaders.tensorflow.variables import whole_numbers
from netlint.model import Attr

#: TensorFlow's word and ONNX's, for operators that are the same in both.
_SAME: Final[Mapping[str, str]] = {
    **{name: name for name in (
        "Relu", "Relu6", "Elu", "Selu", "Sigmoid", "Tanh", "Softplus", "Softsign", "Exp", "Log", "Abs", "Neg", "Sqrt",
        "Floor", "Ceil", "Round", "Sign", "Erf", "Reciprocal", "Sin", "Cos", "Tan", "Asin", "Acos", "Atan", "Sinh",
        "Cosh", "Asinh", "Acosh", "Atanh", "Add", "Sub", "Mul", "Div", "Pow", "Equal", "Greater", "Less", "Size",
        "Range",
    )},
    "AddV2": "Add", "AddN": "Sum", "AccumulateNV2": "Sum", "RealDiv": "Div", "Maximum": "Max", "Minimum": "Min",
    "FloorMod": "Mod", "GreaterEqual": "GreaterOrEqual", "LessEqual": "LessOrEqual", "LogicalAnd": "And",
    "LogicalOr": "Or", "LogicalNot": "Not", "Inv": "Reciprocal", "Rint": "Round", "IsNan": "IsNaN", "IsInf": "IsInf",
    "ClipByValue": "Clip", "SelectV2": "Where", "BroadcastTo": "Expand", "Tile": "Tile", "NotEqual": "",
    "DivNoNan": "tensorflow::DivNoNan", "MulNoNan": "tensorflow::MulNoNan", "Xdivy": "tensorflow::Xdivy",
    "Xlogy": "tensorflow::Xlogy", "Xlog1py": "tensorflow::Xlog1py", "FloorDiv": "tensorflow::FloorDiv",
    "TruncateDiv": "tensorflow::TruncateDiv", "Atan2": "tensorflow::Atan2", "Select": "tensorflow::Select",
    "Rank": "tensorflow::Rank", "Expm1": "tensorflow::Expm1", "StopGradient": "tensorflow::StopGradient",
    "ZerosLike": "tensorflow::ConstantLike", "OnesLike": "tensorflow::ConstantLike",
    "ReverseV2": "tensorflow::Reverse", "Erfc": "tensorflow::Erfc",
    "InTopK": "tensorflow::InTopK", "InTopKV2": "tensorflow::InTopK",
    **dict.fromkeys(
        (
            "RandomUniform", "RandomStandardNormal", "TruncatedNormal", "StatelessRandomUniform",
            "StatelessRandomUniformV2", "StatelessRandomNormal", "StatelessRandomNormalV2",
            "StatelessTruncatedNormal", "StatelessTruncatedNormalV2",
        ),
        "tensorflow::Random",
    ),
}  # fmt: skip

_REDUCTIONS: Final = {
    "Mean": "ReduceMean", "Sum": "ReduceSum", "Max": "ReduceMax", "Min": "ReduceMin", "Prod": "ReduceProd",
    "EuclideanNorm": "ReduceL2",
}  # fmt: skip

_FLOATS: Final = frozenset(("float32", "float64", "float16", "bfloat16"))


def same(name: str, build: Builder, op: Op) -> None:
    build.add(op, name, op.inputs)


def unequal(build: Builder, op: Op) -> None:
    build.add(op, "Not", [build.step(op, "Equal", op.inputs)])


def biased(build: Builder, op: Op) -> None:
    """A bias that is no layer's own: added to the channels."""
    if op.text("data_format", "NHWC").startswith("NC"):
        build.add(op, "tensorflow::BiasAdd", op.inputs)
    else:
        build.add(op, "Add", op.inputs)


def leaky(build: Builder, op: Op) -> None:
    build.add(op, "LeakyRelu", op.inputs, [build.attr(op, "alpha", op.number("alpha", 0.2))])


def softmax(name: str, build: Builder, op: Op) -> None:
    build.add(op, name, op.inputs, [Attr("axis", -1)])


def square(build: Builder, op: Op) -> None:
    build.add(op, "Mul", [op.input(0), op.input(0)])


def squared_difference(build: Builder, op: Op) -> None:
    difference = build.step(op, "Sub", op.inputs[:2])
    build.add(op, "Mul", [difference, difference])


def inverse_root(build: Builder, op: Op) -> None:
    build.add(op, "Reciprocal", [build.step(op, "Sqrt", op.inputs[:1])])


def log_of_one_more(build: Builder, op: Op) -> None:
    build.add(op, "Log", [build.step(op, "Add", [op.input(0), build.number(op, 1.0)])])


def cast(build: Builder, op: Op) -> None:
    source, target = op.dtype("SrcT"), op.dtype("DstT")
    if source in _FLOATS and target in _FLOATS:
        build.alias(op, op.input(0))
    else:
        build.add(op, "Cast", op.inputs, [build.attr(op, "to", target, "DstT")])


def reduction(name: str, build: Builder, op: Op) -> None:
    """Along constant axes, or computed ones: `range(rank(x))` means all of them."""
    axes = whole_numbers(op.input(1))
    keep = build.attr(op, "keepdims", int(op.flag("keep_dims")), "keep_dims")
    if axes is None:
        # No axes mean no reduction.
        build.add(op, name, op.inputs[:2], [keep, Attr("noop_with_empty_axes", 1)])
        return
    attrs = [Attr("axes", axes), keep, None if axes else Attr("noop_with_empty_axes", 1)]
    build.add(op, name, op.inputs[:1], attrs)


def half_sum_of_squares(build: Builder, op: Op) -> None:
    total = build.step(op, "ReduceSumSquare", op.inputs[:1], [Attr("keepdims", 0)])
    build.add(op, "Mul", [total, build.number(op, 0.5)])


def arg_extreme(name: str, build: Builder, op: Op) -> None:
    axes = whole_numbers(op.input(1))
    if axes is None or len(axes) != 1:
        build.add(op, f"tensorflow::{op.type}", op.inputs)
        return
    build.add(op, name, op.inputs[:1], [Attr("axis", axes[0]), Attr("keepdims", 0)])


HANDLERS: Final[Mapping[str, Handler]] = {
    **{word: partial(same, name) for word, name in _SAME.items() if name},
    "NotEqual": unequal,
    "BiasAdd": biased,
    "BiasAddV1": biased,
    "LeakyRelu": leaky,
    "Softmax": partial(softmax, "Softmax"),
    "LogSoftmax": partial(softmax, "LogSoftmax"),
    "Square": square,
    "SquaredDifference": squared_difference,
    "Rsqrt": inverse_root,
    "Log1p": log_of_one_more,
    "Cast": cast,
    **{word: partial(reduction, name) for word, name in _REDUCTIONS.items()},
    "L2Loss": half_sum_of_squares,
    "ArgMax": partial(arg_extreme, "ArgMax"),
    "ArgMin": partial(arg_extreme, "ArgMin"),
}
