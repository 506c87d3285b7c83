"""Images and sounds made ready: scaled, cut, and changed at random while the network is trained."""

from __future__ import annotations

from typing import Final

from netlint.loaders.keras.build import Arguments, Builder
from netlint.loaders.keras.layer import Layer, real
from netlint.model import UNKNOWN, Attr, AttrValue, Value

#: Layers that change images and leave their size: only some of the samples, and only while training, or all of them.
_KEEPING: Final = (
    *("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization"),
    *("MaxNumBoundingBoxes", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration"),
    *("RandomColorJitter", "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip"),
    *("RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective"),
    *("RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear"),
    *("RandomTranslation", "RandomZoom", "Solarization"),
)


def keep(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Same size; images in a mapping with their labels keep their places."""
    values = []
    for value in call.inputs:
        values += builder.emit(f"keras::{layer.kind}", layer, [value])
    return values


def rescale(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """`x * scale + offset`; both are numbers, or one a channel."""
    attrs = [_numbers(layer, "scale", 1.0), _numbers(layer, "offset", 0.0)]
    return builder.emit("keras::Rescaling", layer, call.inputs[:1], attrs)


def _numbers(layer: Layer, key: str, default: float) -> Attr:
    value = layer.config.get(key)
    given: AttrValue = default
    if isinstance(value, list):
        given = tuple(real(item) for item in value)
    elif isinstance(value, dict):
        given = UNKNOWN
    elif value is not None:
        given = real(value)
    return layer.attr(key, key, given)


def resize(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A fixed height and width."""
    attrs = [
        layer.attr("height", "height", layer.integer("height", 0)),
        layer.attr("width", "width", layer.integer("width", 0)),
    ]
    op = "keras::Resizing" if layer.kind == "Resizing" else f"keras::{layer.kind}"
    if not layer.channels_last:
        attrs.append(layer.attr("data_format", "data_format", "channels_first"))
    return builder.emit(op, layer, call.inputs[:1], attrs)


def open_size(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Height or width of its own for each batch (Keras 2)."""
    return builder.emit(f"keras::{layer.kind}", layer, call.inputs[:1])


def spectrum(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Frequencies of a wave, step by step."""
    attrs = [
        layer.attr(key, key, layer.integer(key, default))
        for key, default in (("num_mel_bins", 128), ("sequence_stride", 512))
    ]
    return builder.emit("keras::MelSpectrogram", layer, call.inputs[:1], attrs)


def short_time(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A Fourier transform of each frame."""
    length = layer.integer("frame_length", 256)
    attrs = [
        layer.attr("frame_length", "frame_length", length),
        layer.attr("mode", "mode", layer.text("mode", "log")),
        layer.attr("padding", "padding", layer.text("padding", "valid")),
        layer.attr("expand_dims", "expand_dims", layer.flag("expand_dims", False)),
        layer.attr("data_format", "data_format", layer.text("data_format", "channels_last")),
    ]
    given = (key for key in ("frame_step", "fft_length") if layer.has(key))
    attrs += [layer.attr(key, key, layer.integer(key, 0)) for key in given]
    return builder.emit("keras::STFTSpectrogram", layer, call.inputs[:1], attrs)


LAYERS = {
    **dict.fromkeys(_KEEPING, keep),
    "Rescaling": rescale,
    "Resizing": resize,
    "CenterCrop": resize,
    "RandomCrop": resize,
    "RandomHeight": open_size,
    "RandomWidth": open_size,
    "MelSpectrogram": spectrum,
    "STFTSpectrogram": short_time,
}
