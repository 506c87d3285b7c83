"""Activations that are layers of their own."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer
from netlint.model import Attr, Value


def relu(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """With a ceiling of 6 it is Relu6, with another one, a slope or a threshold an operator of its own."""
    ceiling, slope, threshold = (
        layer.config.get("max_value"),
        layer.number("negative_slope", 0.0),
        layer.number("threshold", 0.0),
    )
    attrs: list[Attr] = []
    if slope == 0 and threshold == 0 and ceiling in (None, 6, 6.0):
        op = "Relu" if ceiling is None else "Relu6"
    elif ceiling is None and threshold == 0:
        op = "LeakyRelu"
        attrs.append(layer.attr("alpha", "negative_slope", slope))
    else:
        op = "keras::ReLU"
        attrs = [
            layer.attr("alpha", "negative_slope", slope),
            layer.attr("high", "max_value", layer.number("max_value", float("inf"))),
            layer.attr("threshold", "threshold", threshold),
        ]
    return builder.emit(op, layer, call.inputs[:1], attrs)


def leaky(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """The slope is `negative_slope` in Keras 3 and `alpha` before."""
    key = "alpha" if layer.has("alpha") else "negative_slope"
    return builder.emit("LeakyRelu", layer, call.inputs[:1], [layer.attr("alpha", key, layer.number(key, 0.3))])


def learned(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A slope for each element behind the batch; one for all along `shared_axes`."""
    shared = layer.listed("shared_axes") or ()
    params = [builder.param(layer, "slope", "alpha", "zeros")]
    return builder.emit("PRelu", layer, call.inputs[:1], [layer.attr("shared_axes", "shared_axes", shared)], params)


def elu(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Exponential below 0."""
    return builder.emit("Elu", layer, call.inputs[:1], [layer.attr("alpha", "alpha", layer.number("alpha", 1.0))])


def softmax(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Over one axis, or several together."""
    axes = layer.listed("axis") or (-1,)
    attrs = [layer.attr("axis", "axis", axes[0] if len(axes) == 1 else axes)]
    return builder.emit("Softmax", layer, call.inputs[:1], attrs)


def threshold(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """0 up to the threshold (Keras 1 and 2)."""
    attrs = [layer.attr("alpha", "theta", layer.number("theta", 1.0))]
    return builder.emit("ThresholdedRelu", layer, call.inputs[:1], attrs)


def curve(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Learned curves of Keras 1: each element has its own."""
    return builder.emit(f"keras::{layer.kind}", layer, call.inputs[:1], [plain("elementwise", True)])


LAYERS = {
    "ReLU": relu,
    "LeakyReLU": leaky,
    "PReLU": learned,
    "ELU": elu,
    "Softmax": softmax,
    "ThresholdedReLU": threshold,
    "SReLU": curve,
    "ParametricSoftplus": curve,
}
