"""Convolution, Deconvolution, Im2col, InnerProduct, Embed."""

from typing import Final

from netlint.loaders.caffe.layer import Block, Layer, LayerType, Translation, uneven_pads, weight_and_bias
from netlint.model import UNKNOWN, Attr, Problem, Unknown

#: Caffe's field, its `_h` and `_w` forms, ONNX's name, and the least value that the layer accepts.
_GEOMETRY: Final = (
    ("kernel_size", "kernel_h", "kernel_w", "kernel_shape", 1),
    ("stride", "stride_h", "stride_w", "strides", 1),
    ("pad", "pad_h", "pad_w", "pads", 0),
    ("dilation", "", "", "dilations", 1),
)


def geometry(layer: Layer, block: Block, problems: list[Problem]) -> dict[str, Attr]:
    """kernel_shape, strides, pads and dilations in ONNX's form (pads: all begins, then all ends), as far as given.

    Each is given once for all axes, once an axis, or as `_h` and `_w` (base_conv_layer.cpp, LayerSetUp).
    """
    given: dict[str, tuple[str, tuple[int, ...]]] = {}
    axes = 2
    for name, high, wide, target, least in _GEOMETRY:
        numbers = block.numbers(name)
        word = name
        if high and (block.has(high) or block.has(wide)):
            word = high if block.has(high) else wide
            if numbers:
                problems.append(_ambiguous(layer, block, name, word, (high, wide)))
            numbers = (block.number(high), block.number(wide))
        if not numbers:
            continue
        if len(numbers) > 1:
            axes = len(numbers)
        if min(numbers) < least:
            problems.append(
                Problem(
                    "invalid-geometry",
                    f"{layer.label} has a {name} of {min(numbers)}: Caffe refuses it",
                    block.attr(target, word),
                    remedy=f"set `{name}` to at least {least}",
                )
            )
        given[target] = (word, numbers)
    if "kernel_shape" not in given:
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} has no kernel_size",
                block.name_span or layer.span,
                remedy="set `kernel_size` to at least 1",
            )
        )
    attrs = {}
    if all(len(numbers) == 1 for _, numbers in given.values()):
        # Written once, it holds for as many spatial axes as arrive.
        attrs["uniform"] = Attr("uniform", True)
    for target, (word, numbers) in given.items():
        value: tuple[int | Unknown, ...] = numbers if len(numbers) > 1 else numbers * axes
        if target == "kernel_shape" and 0 in value:
            value = tuple(extent or UNKNOWN for extent in value)
        attrs[target] = block.attr(target, word, value * 2 if target == "pads" else value)
    uneven = uneven_pads(layer, block)
    if uneven is not None:
        attrs["pads"] = uneven
        attrs.pop("uniform", None)
    return attrs


def _ambiguous(layer: Layer, block: Block, name: str, word: str, pair: tuple[str, str]) -> Problem:
    return Problem(
        "invalid-geometry",
        f"{layer.label} gives both `{name}` and `{pair[0]}`/`{pair[1]}`: Caffe refuses the ambiguity",
        block.attr(name, name),
        related=((block.attr(word, word), "given here too"),),
        remedy=f"keep either `{name}` or the pair",
    )


def convolve(layer: Layer) -> Translation:
    """Conv or ConvTranspose."""
    block = layer.block("convolution_param")
    problems: list[Problem] = []
    attrs = geometry(layer, block, problems)
    attrs["out_channels"] = block.attr("out_channels", "num_output")
    if block.has("group"):
        attrs["group"] = block.attr("group", "group")
    if block.has("axis"):
        attrs["axis"] = block.attr("axis", "axis")
    if block.has("bias_term"):
        attrs["bias"] = block.attr("bias", "bias_term")
    _needs_outputs(layer, block, problems)
    params, more = weight_and_bias(layer, block)
    op = "ConvTranspose" if layer.type == "Deconvolution" else "Conv"
    return Translation(op, attrs, params, problems=problems + more)


def im2col(layer: Layer) -> Translation:
    """Unfolds windows into channels."""
    problems: list[Problem] = []
    block = layer.block("convolution_param")
    return Translation("caffe::Im2col", geometry(layer, block, problems), problems=problems)


def inner_product(layer: Layer) -> Translation:
    """Gemm on everything from `axis` on."""
    block = layer.block("inner_product_param")
    attrs = {"out_features": block.attr("out_features", "num_output")}
    for name in ("axis", "transpose"):
        if block.has(name):
            attrs[name] = block.attr(name, name)
    if block.has("bias_term"):
        attrs["bias"] = block.attr("bias", "bias_term")
    problems: list[Problem] = []
    _needs_outputs(layer, block, problems)
    params, more = weight_and_bias(layer, block)
    return Translation("Gemm", attrs, params, problems=problems + more)


def embed(layer: Layer) -> Translation:
    """A table of vectors, one row an index."""
    block = layer.block("embed_param")
    attrs = {
        "out_features": block.attr("out_features", "num_output"),
        "vocabulary": block.attr("vocabulary", "input_dim"),
    }
    params, problems = weight_and_bias(layer, block)
    return Translation("Embedding", attrs, params, problems=problems)


def _needs_outputs(layer: Layer, block: Block, problems: list[Problem]) -> None:
    if block.number("num_output") > 0:
        return
    given = block.field("num_output")
    problems.append(
        Problem(
            "invalid-geometry",
            f"{layer.label} has {'a num_output of 0' if given else 'no num_output'}: it would produce nothing",
            block.span(given) if given else block.name_span or layer.span,
            remedy="say how many outputs the layer has: `num_output: ...`",
        )
    )


_ANY = (1, None)

TYPES = {
    "Convolution": LayerType(convolve, ("convolution_param",), bottoms=_ANY, tops=_ANY, paired=True),
    "Deconvolution": LayerType(convolve, ("convolution_param",), bottoms=_ANY, tops=_ANY, paired=True),
    "Im2col": LayerType(im2col, ("convolution_param",)),
    "InnerProduct": LayerType(inner_product, ("inner_product_param",)),
    "Embed": LayerType(embed, ("embed_param",)),
}
