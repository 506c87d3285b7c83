"""Layers that join several tensors."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer
from netlint.model import UNKNOWN, Value

_OPS = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Average": "Mean",
    "Maximum": "Max",
    "Minimum": "Min",
}


def elementwise(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Inputs of fewer axes get theirs behind the batch (keras/src/layers/merging/base_merge.py)."""
    op = _OPS[layer.kind]
    if op == "Add" and len(call.inputs) > 2:
        op = "Sum"
    return builder.emit(op, layer, call.inputs, [plain("align", "batch")])


def concatenate(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Along one axis, the last by default."""
    return builder.emit("Concat", layer, call.inputs, [layer.attr("axis", "axis", layer.integer("axis", -1))])


def dot(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Products summed over one axis of each input."""
    axes = layer.listed("axes") or (UNKNOWN, UNKNOWN)
    if axes and isinstance(layer.config.get("axes"), list) and axes and isinstance(layer.config["axes"][0], list):
        axes = tuple(item[0] if isinstance(item[0], int) else UNKNOWN for item in layer.config["axes"] if item)
    attrs = [
        layer.attr("axes", "axes", axes * 2 if len(axes) == 1 else axes),
        layer.attr("normalize", "normalize", layer.flag("normalize", False)),
    ]
    return builder.emit("keras::Dot", layer, call.inputs, attrs)


def scaled_sum(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """The first input and a share of the second one (keras/src/applications/inception_resnet_v2.py)."""
    if len(call.inputs) != 2:
        return builder.emit("keras::CustomScaleLayer", layer, call.inputs)
    scale = layer.number("scale", 1.0)
    share = Value(f"scale of {layer.name}", None, shape=(), elements=(scale,), stored=True)
    part = builder.emit("Mul", layer, [call.inputs[1], share], part="scaled", word=f"scale of {layer.word}")
    return builder.emit("Add", layer, [call.inputs[0], *part])


LAYERS = {"CustomScaleLayer": scaled_sum, **dict.fromkeys(_OPS, elementwise), "Concatenate": concatenate, "Dot": dot}
