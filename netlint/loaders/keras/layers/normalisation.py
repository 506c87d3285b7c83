"""Normalisers."""

from __future__ import annotations

from dataclasses import replace

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer
from netlint.model import UNKNOWN, Attr, Initializer, Param, Value


def _axis(layer: Layer, default: int) -> Attr:
    axes = layer.listed("axis") or (default,)
    return layer.attr("axis", "axis", axes[0] if len(axes) == 1 else axes)


def _learned(builder: Builder, layer: Layer) -> list[Param]:
    params = []
    if layer.flag("scale", True):
        params.append(builder.param(layer, "scale", "gamma", "ones"))
    if layer.flag("center", True):
        params.append(builder.param(layer, "bias", "beta", "zeros"))
    return params


def _epsilon(layer: Layer, default: float) -> Attr:
    return layer.attr("epsilon", "epsilon", layer.number("epsilon", default))


def batch(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Frozen, it uses the stored statistics (Keras 2 and later); so it does where `training=False` is given."""
    attrs = [
        _axis(layer, -1),
        _epsilon(layer, 1e-3),
        layer.attr("momentum", "momentum", layer.number("momentum", 0.99)),
    ]
    if builder.frozen(layer):
        attrs.append(layer.attr("training_mode", "trainable", 0))
    elif call.kwargs.get("training") is False:
        attrs.append(plain("training_mode", 0))
    params = _learned(builder, layer)
    params += [
        builder.param(layer, "mean", "moving_mean", "zeros", learnable=False),
        builder.param(layer, "variance", "moving_variance", "ones", learnable=False),
    ]
    return builder.emit("BatchNormalization", layer, call.inputs[:1], attrs, params)


def layer_wise(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Over the last axis, or those given."""
    op = "RMSNormalization" if layer.kind == "RMSNormalization" else "LayerNormalization"
    rms = op == "RMSNormalization"
    axes = layer.listed("axis") or (-1,)
    if axes == (-1,):
        attrs = [layer.attr("axis", "axis", -1)]
    else:
        # Each of these axes, where ONNX means all from one on.
        attrs = [plain("axis", UNKNOWN), layer.attr("axes", "axis", axes)]
    attrs.append(_epsilon(layer, 1e-6 if rms else 1e-3))
    params = [builder.param(layer, "scale", "scale", "ones")] if rms else _learned(builder, layer)
    return builder.emit(op, layer, call.inputs[:1], attrs, params)


def group_wise(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Groups of channels; -1 groups are one a channel."""
    groups = layer.integer("groups", 32)
    attrs = [
        layer.attr("num_groups", "groups", UNKNOWN if groups == -1 else groups),
        _axis(layer, -1),
        _epsilon(layer, 1e-3),
    ]
    return builder.emit("GroupNormalization", layer, call.inputs[:1], attrs, _learned(builder, layer))


def unit(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Vectors of length 1."""
    return builder.emit("keras::UnitNormalization", layer, call.inputs[:1], [_axis(layer, -1)])


def standardise(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """By the mean and variance of the data, which `adapt` measured."""
    return builder.emit("keras::Normalization", layer, call.inputs[:1], [_axis(layer, -1)])


def layer_scale(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """One learned factor a channel, small at the start (keras/src/applications/convnext.py)."""
    start = Initializer(
        "constant", "", {"value": layer.attr("value", "init_values", layer.number("init_values", 1e-6))}
    )
    gamma = replace(builder.param(layer, "scale", "gamma", "ones"), initializer=start)
    return builder.emit("keras::LayerScale", layer, call.inputs[:1], (), [gamma])


LAYERS = {
    "LayerScale": layer_scale,
    "BatchNormalization": batch,
    "LayerNormalization": layer_wise,
    "RMSNormalization": layer_wise,
    "GroupNormalization": group_wise,
    "UnitNormalization": unit,
    "Normalization": standardise,
}
