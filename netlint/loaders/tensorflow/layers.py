"""Layers with windows and weights: convolution, pooling, dense layers, embeddings, normalisers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, Protocol, TypeAlias

from netlint.loaders.tensorflow.build import Builder
from netlint.loaders.tensorflow.graph import Op, Port
from netlint.loaders.tensorflow.patterns import Match
from netlint.loaders.tensorflow.variables import behind, is_weight, stored_shape, whole_numbers
from netlint.model import UNKNOWN, Attr, Dim, Param, Shape

Handler: TypeAlias = Callable[[Builder, Op], None]


class _WithBias(Protocol):
    """A layer, and the match that gives it a bias."""

    def __call__(self, build: Builder, op: Op, match: Match | None = None) -> None: ...


_PADDING: Final = {"SAME": "SAME_UPPER", "VALID": "VALID"}


def _channels_last(op: Op) -> bool:
    return not op.text("data_format", "NHWC").startswith("NC")


def _spatial(op: Op, numbers: tuple[int, ...]) -> tuple[int, ...]:
    """The numbers of the spatial axes among those of all axes."""
    return numbers[1:-1] if _channels_last(op) else numbers[2:]


def _window(build: Builder, op: Op, rank: int) -> list[Attr | None]:
    """Strides, dilations and padding as attributes."""
    attrs: list[Attr | None] = []
    for name in ("strides", "dilations"):
        numbers = _spatial(op, op.integers(name))
        if len(numbers) == rank and (name == "strides" or set(numbers) != {1}):
            attrs.append(build.attr(op, name, numbers))
    padding = op.text("padding")
    if padding in _PADDING:
        attrs.append(build.attr(op, "auto_pad", _PADDING[padding], "padding"))
    elif padding == "EXPLICIT":
        pairs = op.integers("explicit_paddings")
        begins, ends = _spatial(op, pairs[0::2]), _spatial(op, pairs[1::2])
        if len(begins) == len(ends) == rank:
            attrs.append(build.attr(op, "pads", (*begins, *ends), "explicit_paddings"))
    return attrs


def _gaps(match: Match | None) -> list[Attr]:
    """Dilations and padding of a convolution that is written with `SpaceToBatchND`; they come behind the others."""
    if match is None or match.kind != "dilated":
        return []
    dilations, pads = match.numbers.get("dilations"), match.numbers.get("pads")
    return [
        Attr("dilations", dilations if isinstance(dilations, tuple) else UNKNOWN),
        Attr("pads", pads if isinstance(pads, tuple) else UNKNOWN),
        Attr("auto_pad", "NOTSET"),
    ]


def _reads(layer: Op, match: Match | None) -> Port | None:
    return match.inputs[0] if match is not None and match.kind == "dilated" else layer.input(0)


def _turned(shape: Shape, *order: int) -> Shape:
    return UNKNOWN if not isinstance(shape, tuple) else tuple(shape[axis] for axis in order)


def _bias(build: Builder, match: Match | None, units: Dim) -> tuple[Param, ...]:
    if match is None or "bias" not in match.tensors:
        return ()
    return (build.variables.param("bias", match.tensors["bias"], (units,)),)


def _weight(layer: Op) -> tuple[Op, tuple[Dim, ...]] | tuple[None, tuple[()]]:
    """The variable or the constant that arrives as second input, and its shape; nothing where they are not known."""
    stored = behind(layer.input(1))
    shape = stored_shape(stored) if stored is not None else UNKNOWN
    return (stored, shape) if stored is not None and isinstance(shape, tuple) else (None, ())


def convolution(build: Builder, op: Op, match: Match | None = None) -> None:
    """Filters stand as `(spatial..., depth, out)` (tensorflow/core/ops/nn_ops.cc, Conv2D)."""
    layer = match.at if match is not None else op
    stored, shape = _weight(layer)
    if stored is None or len(shape) < 3:
        _opaque(build, op, layer)
        return
    rank = len(shape) - 2
    weight = _turned(shape, rank + 1, rank, *range(rank))
    attrs = [
        build.attr(layer, "out_channels", shape[-1], "filter"),
        build.attr(layer, "kernel_shape", shape[:rank], "filter"),
        *_window(build, layer, rank),
        *_gaps(match),
        Attr("implicit_groups", True),
    ]
    params = (build.variables.param("weight", stored, weight), *_bias(build, match, shape[-1]))
    build.add(op, "Conv", [_reads(layer, match)], attrs, params, at=layer, channels_last=_channels_last(layer))


def depthwise(build: Builder, op: Op, match: Match | None = None) -> None:
    """Filters stand as `(height, width, channels, multiplier)` (tensorflow/core/ops/nn_ops.cc,
    DepthwiseConv2dNative)."""
    layer = match.at if match is not None else op
    stored, shape = _weight(layer)
    if stored is None or len(shape) != 4:
        _opaque(build, op, layer)
        return
    high, wide, channels, multiplier = shape
    units: Dim = channels * multiplier if isinstance(channels, int) and isinstance(multiplier, int) else UNKNOWN
    attrs = [
        build.attr(layer, "out_channels", units, "filter"),
        build.attr(layer, "kernel_shape", (high, wide), "filter"),
        Attr("group", channels),
        *_window(build, layer, 2),
        *_gaps(match),
    ]
    params = (
        build.variables.param("weight", stored, (units, 1, high, wide)),
        *_bias(build, match, units),
    )
    build.add(op, "Conv", [_reads(layer, match)], attrs, params, at=layer, channels_last=_channels_last(layer))


def transposed(build: Builder, op: Op, match: Match | None = None) -> None:
    """The gradient of a convolution as a layer: `input_sizes, filter (spatial..., out, depth), value`."""
    layer = match.at if match is not None else op
    stored, shape = _weight(layer)
    sizes = whole_numbers(layer.input(0))
    if stored is None or len(shape) < 3:
        _opaque(build, op, layer)
        return
    rank = len(shape) - 2
    weight = _turned(shape, rank + 1, rank, *range(rank))
    attrs = [
        build.attr(layer, "out_channels", shape[rank], "filter"),
        build.attr(layer, "kernel_shape", shape[:rank], "filter"),
        *_window(build, layer, rank),
        # The first input alone says how large the result is; Keras computes it at run time.
        Attr("output_shape", UNKNOWN if sizes is None or len(sizes) != rank + 2 else _spatial(layer, sizes)),
    ]
    params = (build.variables.param("weight", stored, weight), *_bias(build, match, shape[rank]))
    build.add(op, "ConvTranspose", [layer.input(2)], attrs, params, at=layer, channels_last=_channels_last(layer))


def _opaque(build: Builder, op: Op, layer: Op) -> None:
    """A filter that the graph computes."""
    build.add(op, f"tensorflow::{layer.type}", layer.inputs, at=layer)


def product(build: Builder, op: Op, match: Match | None = None) -> None:
    """`value (n, in) x weight (in, out)` is a dense layer; without a stored weight it is a product."""
    layer = match.at if match is not None else op
    turned, flipped = layer.flag("transpose_a"), layer.flag("transpose_b")
    stored, shape = _weight(layer)
    if stored is None or len(shape) != 2 or turned or not is_weight(stored):
        _factors(build, op, layer, turned=turned, flipped=flipped)
        return
    units = shape[0] if flipped else shape[1]
    attrs = [Attr("out_features", units), Attr("axis", -1), Attr("transpose", not flipped)]
    params = (build.variables.param("weight", stored, shape), *_bias(build, match, units))
    build.add(op, "Gemm", [layer.input(0)], attrs, params, at=layer)


def _factors(build: Builder, op: Op, layer: Op, *, turned: bool, flipped: bool) -> None:
    if not turned and not flipped:
        build.add(op, "MatMul", layer.inputs[:2], at=layer)
        return
    attrs = [Attr("transA", int(turned)), Attr("transB", int(flipped))]
    build.add(op, "com.microsoft::FusedMatMul", layer.inputs[:2], attrs, at=layer)


def batch_product(build: Builder, op: Op) -> None:
    _factors(build, op, op, turned=op.flag("adj_x"), flipped=op.flag("adj_y"))


def einsum(build: Builder, op: Op) -> None:
    build.add(op, "Einsum", op.inputs, [build.attr(op, "equation", op.text("equation"))])


def pooling(name: str, build: Builder, op: Op) -> None:
    kernel = _spatial(op, op.integers("ksize"))
    if not kernel:
        build.add(op, f"tensorflow::{op.type}", op.inputs)
        return
    attrs = [build.attr(op, "kernel_shape", kernel, "ksize"), *_window(build, op, len(kernel))]
    build.add(op, name, [op.input(0)], attrs, channels_last=_channels_last(op))


def local_response(build: Builder, op: Op) -> None:
    """TensorFlow multiplies each square with `alpha`, where ONNX takes the mean of `size` squares."""
    size = 2 * op.integer("depth_radius", 5) + 1
    alpha = op.number("alpha", 1.0)
    build.add(
        op,
        "LRN",
        [op.input(0)],
        [
            build.attr(op, "size", size, "depth_radius"),
            build.attr(op, "alpha", alpha * size, "alpha"),
            build.attr(op, "beta", op.number("beta", 0.5)),
            build.attr(op, "bias", op.number("bias", 1.0)),
        ],
        channels_last=True,
    )


def batch_norm(build: Builder, op: Op) -> None:
    """`FusedBatchNorm`: x, scale, offset, mean, variance (tensorflow/core/ops/nn_ops.cc)."""
    stored = [behind(op.input(slot)) for slot in range(1, 5)]
    if stored[0] is None or stored[1] is None:
        # Other layers (Keras 2's LayerNormalization) borrow it, with ones and zeros for its scale and offset.
        build.add(op, "tensorflow::FusedBatchNorm", op.inputs[:3])
        return
    training = op.flag("is_training", default=True)
    params = [
        build.variables.param(role, tensor, stored_shape(tensor), learnable=role in ("scale", "bias"))
        for role, tensor in zip(("scale", "bias", "mean", "variance"), stored, strict=True)
        if tensor is not None and not (training and role in ("mean", "variance"))
    ]
    attrs = [
        build.attr(op, "epsilon", op.number("epsilon", 1e-4)),
        build.attr(op, "training_mode", int(training), "is_training"),
    ]
    build.add(op, "BatchNormalization", op.inputs[:1], attrs, tuple(params), channels_last=_channels_last(op))


def normalised(build: Builder, op: Op, match: Match) -> None:
    """Batch or layer normalisation written out."""
    tensors = match.tensors
    epsilon = Attr("epsilon", float(_number(match, "epsilon")))
    params = tuple(
        build.variables.param(role, tensor, _flat(stored_shape(tensor)), learnable=role in ("scale", "bias"))
        for role, tensor in tensors.items()
    )
    word, axes, along = "batch normalisation", match.numbers.get("axes"), match.numbers.get("axis")
    if match.op == "BatchNormalization" and along in (-1, -3):
        attrs = [epsilon, Attr("training_mode", 0)]
        build.add(op, "BatchNormalization", match.inputs, attrs, params, word=word, channels_last=along == -1)
    elif axes == (-1,) and params:
        attrs = [epsilon, Attr("axis", -1)]
        build.add(op, "LayerNormalization", match.inputs, attrs, params, word="layer normalisation")
    elif axes in ((0,), (0, 1), (0, 1, 2), (0, 1, 2, 3)) and params:
        attrs = [epsilon, Attr("training_mode", 1)]
        build.add(op, "BatchNormalization", match.inputs, attrs, params, word=word, channels_last=True)
    else:
        build.add(op, "MeanVarianceNormalization", match.inputs, [epsilon], params, word="normalisation")


def _flat(shape: Shape) -> Shape:
    """The vector that a shape like `(1, 1, c)` means."""
    if not isinstance(shape, tuple):
        return shape
    return tuple(dim for dim in shape if dim != 1) or (1,)


def _number(match: Match, name: str) -> float:
    value = match.numbers.get(name)
    return float(value) if isinstance(value, int | float) else 0.0


def gather(build: Builder, op: Op) -> None:
    """Rows of a stored matrix are embeddings; anything else is picked as it comes."""
    table, picks = op.input(0), op.input(1)
    axes = whole_numbers(op.input(2)) if len(op.inputs) > 2 else (0,)
    stored = behind(table)
    shape = stored_shape(stored) if stored is not None else UNKNOWN
    if axes == (0,) and stored is not None and isinstance(shape, tuple) and len(shape) == 2 and is_weight(stored):
        attrs = [Attr("vocabulary", shape[0]), Attr("out_features", shape[1])]
        params = (build.variables.param("weight", stored, shape),)
        build.add(op, "Embedding", [picks], attrs, params)
    elif axes is not None and len(axes) == 1 and op.integer("batch_dims") == 0:
        build.add(op, "Gather", [table, picks], [Attr("axis", axes[0])])
    else:
        build.add(op, "tensorflow::GatherV2", op.inputs)


def layer(build: Builder, op: Op, match: Match) -> None:
    """A weighted layer with its bias."""
    _WITH_BIAS[match.op](build, op, match)


def dropout(build: Builder, op: Op, match: Match) -> None:
    ratio = match.numbers.get("ratio")
    attrs = [Attr("ratio", UNKNOWN if not isinstance(ratio, int | float) else float(ratio))]
    build.add(op, "Dropout", match.inputs, attrs, word="dropout")


def loss(build: Builder, op: Op, match: Match) -> None:
    """A loss written out: one number for each element, which a mean behind it joins."""
    words = {"BCEWithLogitsLoss": "sigmoid cross-entropy", "MSELoss": "squared error", "L1Loss": "absolute error"}
    build.add(op, match.op, match.inputs, [Attr("reduction", "none")], word=words[match.op])


def sparse_cross_entropy(build: Builder, op: Op) -> None:
    build.add(op, "CrossEntropyLoss", op.inputs[:2], [Attr("axis", -1), Attr("reduction", "none")])


def cross_entropy(build: Builder, op: Op) -> None:
    attrs = [Attr("axis", -1), Attr("reduction", "none"), Attr("dense_targets", True)]
    build.add(op, "CrossEntropyLoss", op.inputs[:2], attrs)


_WITH_BIAS: Final[Mapping[str, _WithBias]] = {
    "Conv2D": convolution,
    "Conv3D": convolution,
    "DepthwiseConv2dNative": depthwise,
    "Conv2DBackpropInput": transposed,
    "Conv3DBackpropInputV2": transposed,
    "MatMul": product,
}

MATCHES: Final[Mapping[str, Callable[[Builder, Op, Match], None]]] = {
    "layer": layer,
    "dilated": layer,
    "dropout": dropout,
    "normaliser": normalised,
    "loss": loss,
}

HANDLERS: Final[Mapping[str, Handler]] = {
    **_WITH_BIAS,
    **dict.fromkeys(("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"), batch_product),
    "Einsum": einsum,
    **dict.fromkeys(("MaxPool", "MaxPool3D"), partial(pooling, "MaxPool")),
    **dict.fromkeys(("AvgPool", "AvgPool3D"), partial(pooling, "AveragePool")),
    "LRN": local_response,
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), batch_norm),
    **dict.fromkeys(("Gather", "GatherV2", "ResourceGather"), gather),
    "SparseSoftmaxCrossEntropyWithLogits": sparse_cross_entropy,
    "SoftmaxCrossEntropyWithLogits": cross_entropy,
}
