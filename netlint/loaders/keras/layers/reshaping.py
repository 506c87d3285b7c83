"""Layers that move, cut, repeat or enlarge."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer, whole
from netlint.loaders.keras.layers.convolution import rank_of
from netlint.model import UNKNOWN, AttrValue, Value


def flatten(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """One axis behind the batch; channels-first maps are turned before."""
    attrs = [plain("axis", 1)]
    if not layer.channels_last:
        attrs.append(layer.attr("data_format", "data_format", "channels_first"))
    return builder.emit("Flatten", layer, call.inputs[:1], attrs)


def reshape(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """The batch stays."""
    target = layer.listed("target_shape")
    attrs = [layer.attr("shape", "target_shape", (0, *target) if target is not None else UNKNOWN)]
    return builder.emit("Reshape", layer, call.inputs[:1], attrs)


def permute(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Axes count from 1; the batch stays."""
    dims = layer.listed("dims") or ()
    return builder.emit("Transpose", layer, call.inputs[:1], [layer.attr("perm", "dims", (0, *dims))])


def repeat(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A vector, `n` times."""
    return builder.emit(
        "keras::RepeatVector", layer, call.inputs[:1], [layer.attr("repeats", "n", layer.integer("n", 1))]
    )


def _both_ends(layer: Layer, key: str, rank: int, default: int) -> AttrValue:
    """Numbers for begin and end of each axis in ONNX's order: all begins, then all ends."""
    value = layer.config.get(key)
    if value is None:
        return (default,) * 2 * rank
    if not isinstance(value, list):
        return (whole(value),) * 2 * rank
    if rank == 1 and len(value) == 2 and not isinstance(value[0], list):
        return tuple(map(whole, value))
    pairs = [item if isinstance(item, list) else [item, item] for item in value]
    if len(pairs) != rank or any(len(pair) != 2 for pair in pairs):
        return UNKNOWN
    return (*(whole(pair[0]) for pair in pairs), *(whole(pair[1]) for pair in pairs))


def pad(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Zeros around a map."""
    attrs = [layer.attr("pads", "padding", _both_ends(layer, "padding", rank_of(layer), 1))]
    return builder.emit("keras::ZeroPadding", layer, call.inputs[:1], attrs, channels_last=_images_last(layer))


def crop(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A map without its border."""
    default = 1 if layer.kind in ("Cropping1D", "Cropping3D") else 0
    attrs = [layer.attr("border", "cropping", _both_ends(layer, "cropping", rank_of(layer), default))]
    return builder.emit("keras::Cropping", layer, call.inputs[:1], attrs, channels_last=_images_last(layer))


def enlarge(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Each pixel several times, or what lies between."""
    attrs = [
        layer.attr("scales", "size", layer.integers("size", rank_of(layer), 2)),
        layer.attr("mode", "interpolation", layer.text("interpolation", "nearest")),
    ]
    return builder.emit("keras::UpSampling", layer, call.inputs[:1], attrs, channels_last=_images_last(layer))


def _images_last(layer: Layer) -> bool:
    # Sequences (batch, steps, features) have no other order in these layers.
    return rank_of(layer) == 1 or layer.channels_last


LAYERS = {
    "Flatten": flatten,
    "Reshape": reshape,
    "Permute": permute,
    "RepeatVector": repeat,
    **{f"ZeroPadding{rank}D": pad for rank in (1, 2, 3)},
    **{f"Cropping{rank}D": crop for rank in (1, 2, 3)},
    **{f"UpSampling{rank}D": enlarge for rank in (1, 2, 3)},
}
