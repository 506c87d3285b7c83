"""Convolutions of every rank, transposed, by channel, and in two steps."""

from __future__ import annotations

from netlint.loaders.keras.activations import activate
from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.layers.core import biased, restrained, weight_and_bias
from netlint.model import UNKNOWN, Attr, AttrValue, Value


def rank_of(layer: Layer) -> int:
    """The spatial axes that a class name ends in: `Conv2D`, `Conv2DTranspose`."""
    return int(layer.kind.removesuffix("Transpose")[-2])


def padding(layer: Layer) -> list[Attr]:
    """`same` as ONNX's `auto_pad`; `valid` is no padding at all."""
    given = layer.text("padding", "valid").lower()
    if given == "same":
        return [layer.attr("auto_pad", "padding", "SAME_UPPER")]
    if given == "causal":
        kernel, dilation = layer.integers("kernel_size", 1, 1)[0], layer.integers("dilation_rate", 1, 1)[0]
        before = dilation * (kernel - 1) if isinstance(kernel, int) and isinstance(dilation, int) else UNKNOWN
        return [layer.attr("pads", "padding", (before, 0))]
    return []


def geometry(layer: Layer, rank: int) -> list[Attr]:
    """Kernel, strides, padding and dilation under ONNX's names."""
    attrs = [layer.attr("kernel_shape", "kernel_size", layer.integers("kernel_size", rank, 1))]
    for name, key in (("strides", "strides"), ("dilations", "dilation_rate")):
        if layer.has(key):
            attrs.append(layer.attr(name, key, layer.integers(key, rank, 1)))
    return attrs + padding(layer)


def convolve(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Conv, or ConvTranspose for the classes that end so."""
    rank = rank_of(layer)
    attrs = [layer.attr("out_channels", "filters", layer.integer("filters", 0)), *geometry(layer, rank)]
    if layer.has("groups"):
        attrs.append(layer.attr("group", "groups", layer.integer("groups", 1)))
    transposed = layer.kind.endswith("Transpose")
    if transposed and layer.has("output_padding"):
        attrs.append(layer.attr("output_padding", "output_padding", layer.integers("output_padding", rank, 0)))
    value = builder.emit(
        "ConvTranspose" if transposed else "Conv",
        layer,
        call.inputs[:1],
        [*attrs, *biased(layer), *restrained(layer)],
        weight_and_bias(builder, layer),
        channels_last=layer.channels_last,
    )[0]
    return [activate(builder, layer, value)]


def _by_channel(layer: Layer) -> list[Attr]:
    """Each channel is filtered alone, `depth_multiplier` times."""
    return [
        plain("depthwise", True),
        layer.attr("depth_multiplier", "depth_multiplier", layer.integer("depth_multiplier", 1)),
    ]


def depthwise(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Conv with a group for each channel."""
    attrs = [*_by_channel(layer), *geometry(layer, rank_of(layer)), *biased(layer), *restrained(layer)]
    kernel = "depthwise" if "depthwise_initializer" in layer.config else "kernel"
    params = weight_and_bias(builder, layer, kernel)
    value = builder.emit("Conv", layer, call.inputs[:1], attrs, params, channels_last=layer.channels_last)[0]
    return [activate(builder, layer, value)]


def separable(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """Each channel alone, then all of them at each position."""
    rank = rank_of(layer)
    first = [builder.param(layer, "weight", "depthwise", "glorot_uniform")]
    last = layer.channels_last
    value = builder.emit(
        "Conv",
        layer,
        call.inputs[:1],
        [*_by_channel(layer), *geometry(layer, rank), plain("bias", False)],
        first,
        word=f"depthwise step of {layer.word}",
        channels_last=last,
        part="depthwise",
    )[0]
    ones: AttrValue = (1,) * rank
    value = builder.emit(
        "Conv",
        layer,
        [value],
        [
            layer.attr("out_channels", "filters", layer.integer("filters", 0)),
            plain("kernel_shape", ones),
            *biased(layer),
            *restrained(layer),
        ],
        weight_and_bias(builder, layer, "pointwise"),
        channels_last=last,
    )[0]
    return [activate(builder, layer, value)]


def local(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A convolution whose weights differ from place to place (Keras 1 and 2)."""
    rank = rank_of(layer)
    attrs = [layer.attr("out_channels", "filters", layer.integer("filters", 0)), *geometry(layer, rank)]
    params = weight_and_bias(builder, layer)
    value = builder.emit(
        "keras::LocallyConnected", layer, call.inputs[:1], attrs, params, channels_last=layer.channels_last
    )
    return [activate(builder, layer, value[0])]


LAYERS = {
    **{f"Conv{rank}D": convolve for rank in (1, 2, 3)},
    **{f"Conv{rank}DTranspose": convolve for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": depthwise for rank in (1, 2, 3)},
    **{f"SeparableConv{rank}D": separable for rank in (1, 2)},
    **{f"LocallyConnected{rank}D": local for rank in (1, 2)},
}
