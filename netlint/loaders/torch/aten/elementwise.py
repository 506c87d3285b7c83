"""Activations, arithmetic, comparisons, casts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.torch.arguments import Call
from netlint.loaders.torch.aten.made import Made, Translation, attrs, kept, pairwise, spelled, unary


def _with(op: str, **names: str) -> Translation:
    """An activation with numbers: ONNX's name = PyTorch's."""

    def translate(call: Call) -> Made:
        found = {}
        for own, theirs in names.items():
            found.update(spelled(own, call.number(theirs), theirs))
        return Made(op, (call.value("self", "input"),), found)

    return translate


def _softmax(op: str) -> Translation:
    def translate(call: Call) -> Made:
        return Made(op, (call.value("self"),), spelled("axis", call.axis("dim"), "dim"))

    return translate


def _hardtanh(call: Call) -> Made:
    low, high = call.number("min_val"), call.number("max_val")
    if (low, high) == (0, 6):
        return Made("Relu6", (call.value("self"),))
    return Made("Clip", (call.value("self"),), {**spelled("min", low, "min_val"), **spelled("max", high, "max_val")})


def _clamp(call: Call) -> Made:
    limits = [call.args.get(name) for name in ("min", "max")]
    if any(limit is not None and not isinstance(limit, int | float) for limit in limits):
        return Made("aten::clamp", (call.value("self"), call.operand("min"), call.operand("max")))
    return Made("Clip", (call.value("self"),), attrs(min=call.number("min"), max=call.number("max")))


def _dropout(call: Call) -> Made:
    found = spelled("ratio", call.number("p"), "p")
    found.update(spelled("training_mode", int(call.flag("train")), "train"))
    return Made("Dropout", (call.value("input", "self"),), found)


def _prelu(call: Call) -> Made | None:
    slope = call.value("weight")
    data = call.value("self")
    if slope is None or data is None or not isinstance(slope.shape, tuple):
        return None
    # PyTorch's slopes stand for the channels of axis 1, whatever follows.
    return Made("aten::prelu", (data, slope), roles={1: "slope"})


def _rsub(call: Call) -> Made | None:
    return Made("Sub", (call.operand("other"), call.value("self"))) if call.dim("alpha", 1) == 1 else None


def _divide(call: Call) -> Made:
    op = "Div" if not call.word("rounding_mode") else "aten::floor_divide"
    return Made(op, (call.operand("self"), call.operand("other")))


def _power(call: Call) -> Made:
    return Made("Pow", (call.operand("self"), call.operand("exponent")))


def _where(call: Call) -> Made | None:
    if call.value("condition") is None or "self" not in call.args:
        return None
    return Made("Where", (call.value("condition"), call.operand("self"), call.operand("other")))


def _masked_fill(call: Call) -> Made:
    return Made("Where", (call.value("mask"), call.operand("value"), call.value("self")))


def _cast(call: Call) -> Made:
    data = call.value("self")
    if data is not None and data.dtype == call.dtype:
        return Made("Identity", (data,))
    return Made("Cast", (data,), spelled("to", call.dtype or None, "dtype"))


def _copy(call: Call) -> Made:
    return Made("aten::copy", (call.value("self"), call.operand("src")))


def _gelu(call: Call) -> Made:
    return Made("Gelu", (call.value("self"),), attrs(approximate=call.word("approximate")))


def _multiplied_sum(call: Call) -> Made | None:
    return Made("aten::addcmul", (call.value("self"), call.value("tensor1"), call.value("tensor2")), call.plain())


def _lerp(call: Call) -> Made:
    return Made("aten::addcmul", (call.value("self"), call.value("end"), call.operand("weight")))


_UNARY: Final[Mapping[str, str]] = {
    "relu": "Relu", "relu6": "Relu6", "sigmoid": "Sigmoid", "tanh": "Tanh", "silu": "Swish", "mish": "Mish",
    "selu": "Selu", "hardswish": "HardSwish", "softsign": "Softsign", "exp": "Exp", "log": "Log", "sqrt": "Sqrt",
    "abs": "Abs", "neg": "Neg", "reciprocal": "Reciprocal", "erf": "Erf", "sin": "Sin", "cos": "Cos", "tan": "Tan",
    "asin": "Asin", "acos": "Acos", "atan": "Atan", "sinh": "Sinh", "cosh": "Cosh", "asinh": "Asinh",
    "acosh": "Acosh", "atanh": "Atanh", "floor": "Floor", "ceil": "Ceil", "round": "Round", "sign": "Sign",
    "sgn": "Sign", "logical_not": "Not", "isnan": "IsNaN", "isinf": "IsInf", "detach": "aten::detach",
    "negative": "Neg", "absolute": "Abs",
}  # fmt: skip

_SAME: Final = (
    "log1p", "expm1", "rsqrt", "erfc", "exp2", "log2", "log10", "square", "trunc", "frac", "bitwise_not",
    "isfinite", "log_sigmoid", "softshrink", "hardshrink", "threshold", "rrelu", "logit", "positive", "digamma",
    "lgamma", "erfinv", "nan_to_num", "deg2rad", "rad2deg", "sinc", "alpha_dropout", "feature_alpha_dropout",
    "channel_shuffle", "native_channel_shuffle", "roll", "flip", "fliplr", "flipud", "bernoulli", "exponential",
    "uniform", "normal", "random", "fill_diagonal", "cumprod", "logcumsumexp", "renorm", "rand_like", "randn_like",
    "zeros_like", "ones_like", "empty_like", "full_like", "randint_like", "masked_scatter", "index_put",
    "_unsafe_index_put", "index_add", "index_copy", "index_fill", "scatter_add", "scatter_reduce", "select_scatter",
    "slice_scatter", "diagonal_scatter", "fill", "zero", "conj", "rrelu_with_noise_functional", "log_normal",
    "cauchy", "geometric",
)  # fmt: skip

_PAIRS: Final[Mapping[str, str]] = {
    "add": "Add", "sub": "Sub", "mul": "Mul", "maximum": "Max", "minimum": "Min", "eq": "Equal", "lt": "Less",
    "gt": "Greater", "le": "LessOrEqual", "ge": "GreaterOrEqual", "logical_and": "And", "logical_or": "Or",
    "logical_xor": "Xor", "multiply": "Mul", "subtract": "Sub", "fmod": "aten::fmod", "remainder": "aten::remainder",
    "floor_divide": "aten::floor_divide", "ne": "aten::ne", "atan2": "aten::atan2", "bitwise_and": "BitwiseAnd",
    "bitwise_or": "BitwiseOr", "bitwise_xor": "BitwiseXor", "logaddexp": "aten::logaddexp", "hypot": "aten::hypot",
    "xlogy": "aten::xlogy", "copysign": "aten::copysign", "fmax": "Max", "fmin": "Min", "__and__": "aten::and",
    "__or__": "aten::or", "__xor__": "aten::xor", "greater": "Greater", "less": "Less", "isclose": "aten::isclose",
    "not_equal": "aten::ne", "greater_equal": "GreaterOrEqual", "less_equal": "LessOrEqual",
}  # fmt: skip

TRANSLATIONS: Final[Mapping[str, Translation]] = {
    **{name: unary(op) for name, op in _UNARY.items()},
    **{name: kept(f"aten::{name}") for name in _SAME},
    **{name: pairwise(op) for name, op in _PAIRS.items()},
    "leaky_relu": _with("LeakyRelu", alpha="negative_slope"),
    "elu": _with("Elu", alpha="alpha"),
    "celu": _with("Celu", alpha="alpha"),
    "softplus": _with("Softplus", beta="beta"),
    "hardsigmoid": unary("HardSigmoid", alpha=1 / 6, beta=0.5),
    "hardtanh": _hardtanh,
    "gelu": _gelu,
    "prelu": _prelu,
    "_prelu_kernel": _prelu,
    "softmax": _softmax("Softmax"),
    "_softmax": _softmax("Softmax"),
    "_safe_softmax": _softmax("Softmax"),
    "log_softmax": _softmax("LogSoftmax"),
    "_log_softmax": _softmax("LogSoftmax"),
    "clamp": _clamp,
    "clip": _clamp,
    "clamp_min": _clamp,
    "clamp_max": _clamp,
    "dropout": _dropout,
    "feature_dropout": _dropout,
    "native_dropout": _dropout,
    "rsub": _rsub,
    "div": _divide,
    "divide": _divide,
    "true_divide": _divide,
    "pow": _power,
    "where": _where,
    "masked_fill": _masked_fill,
    "addcmul": _multiplied_sum,
    "addcdiv": _multiplied_sum,
    "lerp": _lerp,
    "copy": _copy,
    **dict.fromkeys(("to", "_to_copy", "type_as", "float", "double", "half"), _cast),
    **dict.fromkeys(
        ("clone", "contiguous", "alias", "lift_fresh_copy", "lift_fresh", "lift", "resolve_conj", "resolve_neg"),
        unary("Identity"),
    ),
}
