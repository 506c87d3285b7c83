"""Activation functions of Keras, by name: as an argument of a layer, as a layer, and as a function."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from netlint.loaders.keras.build import Builder, plain
from netlint.loaders.keras.layer import Layer, real
from netlint.model import Attr, AttrValue, Span, Unknown, Value

#: Operator and its attributes. `softmax` and its kin run over the last axis.
FUNCTIONS: Final[Mapping[str, tuple[str, Mapping[str, AttrValue]]]] = {
    "linear": ("Identity", {}),
    "relu": ("Relu", {}),
    "relu6": ("Relu6", {}),
    "leaky_relu": ("LeakyRelu", {"alpha": 0.2}),
    "elu": ("Elu", {}),
    "selu": ("Selu", {}),
    "celu": ("Celu", {}),
    "gelu": ("Gelu", {}),
    "silu": ("Swish", {}),
    "swish": ("Swish", {}),
    "mish": ("Mish", {}),
    "sigmoid": ("Sigmoid", {}),
    "hard_sigmoid": ("HardSigmoid", {"alpha": 1 / 6}),
    "hard_silu": ("HardSwish", {}),
    "hard_swish": ("HardSwish", {}),
    "tanh": ("Tanh", {}),
    "hard_tanh": ("keras::HardTanh", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "exponential": ("Exp", {}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
    "sparsemax": ("keras::Sparsemax", {"axis": -1}),
    "log_sigmoid": ("keras::LogSigmoid", {}),
    "soft_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.5}),
    "hard_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.0}),
    "tanh_shrink": ("keras::TanhShrink", {}),
    "threshold": ("keras::Threshold", {}),
    "squareplus": ("keras::Squareplus", {}),
    "sparse_plus": ("keras::SparsePlus", {}),
    "sparse_sigmoid": ("keras::SparseSigmoid", {}),
    "glu": ("keras::GLU", {"axis": -1}),
}

#: Layers that stand as the activation of another one, by the function that they compute.
_LAYERS: Final[Mapping[str, str]] = {
    "ReLU": "relu",
    "LeakyReLU": "leaky_relu",
    "ELU": "elu",
    "PReLU": "prelu",
    "Softmax": "softmax",
}


def named(value: object) -> str:
    """The function that an argument names: its own word; empty for none at all."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        config, name = value.get("config"), value.get("class_name")
        if isinstance(config, str):
            return config
        if isinstance(name, str):
            return _LAYERS.get(name, name.rpartition(">")[2])
    return "" if value is None else "?"


def activate(builder: Builder, layer: Layer, value: Value, key: str = "activation") -> Value:
    """The value behind the activation that a layer names as an argument: a node of its own, unless it is linear."""
    given = layer.config.get(key)
    name = named(given)
    if name in ("", "linear"):
        return value
    return function(builder, layer, value, name, _arguments(given), layer.place(key))[0]


def function(
    builder: Builder,
    layer: Layer,
    value: Value,
    name: str,
    arguments: Mapping[str, Any],
    span: Span | None,
    word: str = "",
) -> list[Value]:
    """A node for the function `name`; one that Keras does not have is left undescribed."""
    op, standing = FUNCTIONS.get(name, (f"keras::{name}", {}))
    attrs = {key: plain(key, item) for key, item in standing.items()}
    for key, ours in (("negative_slope", "alpha"), ("alpha", "alpha"), ("axis", "axis"), ("max_value", "high")):
        number = real(arguments.get(key))
        if not isinstance(number, Unknown):
            attrs[ours] = Attr(ours, number, span, key)
    if name == "relu":
        op = _relu(attrs)
    values = builder.emit(
        op, layer, [value], attrs.values(), word=word or f"{name} of {layer.word}", part="" if word else name
    )
    node = values[0].producer
    if node is not None and span is not None and not word:
        node.span = span
    return values


def _relu(attrs: dict[str, Attr]) -> str:
    """ReLU with a slope or a ceiling is another operator."""
    slope, ceiling = attrs.pop("alpha", None), attrs.pop("high", None)
    if slope is not None and slope.value != 0:
        attrs["alpha"] = slope
        return "LeakyRelu"
    return "Relu6" if ceiling is not None and ceiling.value == 6 else "Relu"


def _arguments(given: object) -> Mapping[str, Any]:
    if isinstance(given, dict) and isinstance(given.get("config"), dict):
        config: dict[str, Any] = given["config"]
        return config
    return {}
