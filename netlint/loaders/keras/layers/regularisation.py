"""Dropout and noise."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder
from netlint.loaders.keras.layer import Layer
from netlint.model import Value


def drop(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Elements, or whole maps, at the given rate."""
    attrs = [layer.attr("ratio", "rate", layer.number("rate", 0.5))]
    return builder.emit("Dropout", layer, call.inputs[:1], attrs)


def disturb(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Noise that is added, or multiplied."""
    key = "stddev" if layer.kind == "GaussianNoise" else "rate"
    attrs = [layer.attr(key, key, layer.number(key, 0.0))]
    return builder.emit(f"keras::{layer.kind}", layer, call.inputs[:1], attrs)


def drop_path(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Whole samples of a branch (keras/src/applications/convnext.py)."""
    attrs = [layer.attr("ratio", "drop_path_rate", layer.number("drop_path_rate", 0.0))]
    return builder.emit("Dropout", layer, call.inputs[:1], attrs)


LAYERS = {
    "StochasticDepth": drop_path,
    **dict.fromkeys(("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "AlphaDropout"), drop),
    "GaussianNoise": disturb,
    "GaussianDropout": disturb,
}
