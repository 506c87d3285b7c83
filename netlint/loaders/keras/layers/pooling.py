"""Pooling: windows, whole maps, and maps of a given size."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.layers.convolution import padding, rank_of
from netlint.model import Value


def _op(layer: Layer, prefix: str, ending: str = "Pool") -> str:
    return f"{prefix}{'Max' if 'Max' in layer.kind else 'Average'}{ending}"


def windows(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Strides are the window's own size where the source gives none."""
    rank = rank_of(layer)
    size = layer.integers("pool_size", rank, 2)
    strides = layer.integers("strides", rank, 1) if layer.has("strides") else size
    attrs = [layer.attr("kernel_shape", "pool_size", size), layer.attr("strides", "strides", strides), *padding(layer)]
    return builder.emit(_op(layer, ""), layer, call.inputs[:1], attrs, channels_last=layer.channels_last)


def whole_map(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """One number a channel; the map's axes go unless `keepdims`."""
    attrs = [layer.attr("keepdims", "keepdims", int(layer.flag("keepdims", False)))]
    return builder.emit(_op(layer, "Global"), layer, call.inputs[:1], attrs, channels_last=layer.channels_last)


def adaptive(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A map of a given size, whatever comes in."""
    attrs = [layer.attr("output_size", "output_size", layer.integers("output_size", rank_of(layer), 1))]
    op = _op(layer, "keras::Adaptive")
    return builder.emit(op, layer, call.inputs[:1], attrs, channels_last=layer.channels_last)


LAYERS = {
    f"{prefix}{kind}Pooling{rank}D": translate
    for prefix, translate in (("", windows), ("Global", whole_map), ("Adaptive", adaptive))
    for kind in ("Max", "Average")
    for rank in (1, 2, 3)
}
