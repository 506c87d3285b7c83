"""One small model for each way that a layer of Keras 3 can shape its output; needs keras."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

#: (layer class, arguments, shapes of its inputs without the batch); several inputs are a list.
Shape = tuple[int | None, ...]
Case = tuple[str, dict[str, Any], list[Shape]]

_IMAGE: Shape = (12, 10, 6)
_FIRST: Shape = (6, 12, 10)
_CUBE: Shape = (8, 7, 6, 4)
_STEPS: Shape = (11, 6)
_VECTOR: Shape = (9,)

_IMAGE_LAYERS = (
    *("AugMix", "AutoContrast", "RandAugment"),
    *("RandomColorJitter", "RandomErasing", "RandomFlip"),
    *("RandomGaussianBlur", "RandomGrayscale", "RandomInvert"),
    *("RandomPerspective",),
)


def cases() -> Iterator[Case]:
    """Every layer class, and every argument that changes a shape."""
    yield from _core()
    yield from _convolutions()
    yield from _pooling()
    yield from _rest()
    yield from _recurrent()
    yield from _attention()
    yield from _preprocessing()


def _core() -> Iterator[Case]:
    for shape in (_VECTOR, _STEPS, _IMAGE):
        yield "Dense", {"units": 5}, [shape]
        yield "Dense", {"units": 5, "use_bias": False, "activation": "relu"}, [shape]
    for name in ("relu", "softmax", "elu", "gelu", "hard_sigmoid", "log_softmax", "mish", "selu", "silu", "tanh"):
        yield "Activation", {"activation": name}, [_STEPS]
        yield "Dense", {"units": 4, "activation": name}, [_VECTOR]
    for name in ("leaky_relu", "relu6", "softsign", "softplus", "exponential", "linear", "celu", "hard_tanh"):
        yield "Activation", {"activation": name}, [_VECTOR]
    for name in ("sparsemax", "squareplus", "tanh_shrink", "soft_shrink", "hard_shrink", "log_sigmoid"):
        yield "Activation", {"activation": name}, [(8,)]
    yield "Embedding", {"input_dim": 20, "output_dim": 7}, [(11,)]
    yield "Embedding", {"input_dim": 20, "output_dim": 7, "mask_zero": True}, [(3, 4)]
    yield "ReversibleEmbedding", {"input_dim": 20, "output_dim": 7}, [(11,)]
    for equation, shape_out, arguments, given in (
        ("abc,cd->abd", (None, 64), {"bias_axes": "d"}, (32, 128)),
        ("...x,xy->...y", 64, {"bias_axes": "y"}, (32, 128)),
        ("ab,bc->ac", 64, {"bias_axes": "c"}, (32,)),
        ("abc,cde->abde", (None, 4, 8), {"bias_axes": "de"}, (16, 12)),
        ("abcd,cde->abe", (None, 8), {}, (16, 3, 12)),
    ):
        yield "EinsumDense", {"equation": equation, "output_shape": shape_out, **arguments}, [given]
    for kind in ("Identity", "Masking", "ActivityRegularization", "UnitNormalization"):
        yield kind, {}, [_STEPS]
    yield "ReLU", {}, [_VECTOR]
    yield "ReLU", {"max_value": 6.0, "negative_slope": 0.1, "threshold": 0.2}, [_VECTOR]
    yield "LeakyReLU", {}, [_IMAGE]
    yield "ELU", {}, [_IMAGE]
    yield "PReLU", {}, [_IMAGE]
    yield "PReLU", {"shared_axes": [1, 2]}, [_IMAGE]
    yield "Softmax", {"axis": 1}, [_STEPS]
    yield "Softmax", {"axis": [1, 2]}, [_STEPS]


def _convolutions() -> Iterator[Case]:
    shapes = {1: _STEPS, 2: _IMAGE, 3: _CUBE}
    for rank, shape in shapes.items():
        for arguments in (
            {"kernel_size": 3},
            {"kernel_size": 3, "padding": "same"},
            {"kernel_size": 3, "strides": 2, "padding": "same"},
            {"kernel_size": 2, "strides": 2, "use_bias": False},
            {"kernel_size": 2, "dilation_rate": 2},
            {"kernel_size": 3, "groups": 2, "activation": "relu"},
            {"kernel_size": 1},
        ):
            yield f"Conv{rank}D", {"filters": 8, **arguments}, [shape]
        for arguments in (
            {"kernel_size": 3},
            {"kernel_size": 3, "strides": 2},
            {"kernel_size": 2, "strides": 3},
            {"kernel_size": 3, "strides": 2, "padding": "same"},
            {"kernel_size": 4, "strides": 2, "padding": "same"},
            {"kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1},
            {"kernel_size": 3, "strides": 2, "output_padding": 1},
        ):
            yield f"Conv{rank}DTranspose", {"filters": 8, **arguments}, [shape]
    yield "Conv1D", {"filters": 8, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, [_STEPS]
    yield "Conv2D", {"filters": 8, "kernel_size": (3, 1), "strides": (1, 2)}, [_IMAGE]
    yield "Conv2D", {"filters": 8, "kernel_size": 3, "data_format": "channels_first"}, [_FIRST]
    yield "Conv2D", {"filters": 8, "kernel_size": 3, "padding": "same"}, [(None, None, 6)]
    yield "Conv2D", {"filters": 8, "kernel_size": 3}, [(None, 10, 6)]
    for rank, shape in ((1, _STEPS), (2, _IMAGE)):
        for kind in (f"DepthwiseConv{rank}D", f"SeparableConv{rank}D"):
            more = {"filters": 7} if kind.startswith("Separable") else {}
            for arguments in (
                {"kernel_size": 3},
                {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"},
                {"kernel_size": 3, "strides": 2, "activation": "relu", "use_bias": False},
                {"kernel_size": 2, "dilation_rate": 2},
            ):
                yield kind, {**arguments, **more}, [shape]


def _pooling() -> Iterator[Case]:
    for rank, shape in ((1, _STEPS), (2, _IMAGE), (3, _CUBE)):
        for kind in ("Max", "Average"):
            for arguments in (
                {"pool_size": 2},
                {"pool_size": 3, "strides": 2},
                {"pool_size": 3, "strides": 2, "padding": "same"},
                {"pool_size": 2, "strides": 1},
            ):
                yield f"{kind}Pooling{rank}D", arguments, [shape]
            for keep in (True, False):
                yield f"Global{kind}Pooling{rank}D", {"keepdims": keep}, [shape]
            yield f"Adaptive{kind}Pooling{rank}D", {"output_size": 3}, [shape]
    yield "MaxPooling2D", {"data_format": "channels_first"}, [_FIRST]
    yield "GlobalAveragePooling2D", {"data_format": "channels_first"}, [_FIRST]


def _rest() -> Iterator[Case]:
    for kind in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
        yield kind, {}, [_STEPS, _STEPS]
        yield kind, {}, [_STEPS, (1, 6)]
        yield kind, {}, [_STEPS, (6,)]
    yield "Add", {}, [_STEPS, _STEPS, _STEPS]
    yield "Concatenate", {}, [_STEPS, (11, 3)]
    yield "Concatenate", {"axis": 1}, [_STEPS, (4, 6)]
    yield "Dot", {"axes": 2}, [_STEPS, (4, 6)]
    yield "Dot", {"axes": [1, 1], "normalize": True}, [_STEPS, (11, 3)]
    yield "Dot", {"axes": 1}, [_VECTOR, _VECTOR]
    yield "Dot", {"axes": -1}, [_STEPS, (4, 6)]
    for shape in (_STEPS, _IMAGE):
        yield "BatchNormalization", {}, [shape]
        yield "BatchNormalization", {"axis": 1, "scale": False}, [shape]
        yield "LayerNormalization", {}, [shape]
        yield "LayerNormalization", {"axis": [1, 2]}, [shape]
        yield "LayerNormalization", {"axis": 1, "center": False}, [shape]
        yield "GroupNormalization", {"groups": 3}, [shape]
        yield "GroupNormalization", {"groups": -1}, [shape]
        yield "RMSNormalization", {}, [shape]
        yield "Flatten", {}, [shape]
    yield "Flatten", {"data_format": "channels_first"}, [_IMAGE]
    yield "Flatten", {}, [()]
    for kind in ("Dropout", "AlphaDropout", "GaussianDropout"):
        yield kind, {"rate": 0.3}, [_VECTOR]
    yield "GaussianNoise", {"stddev": 0.3}, [_VECTOR]
    for rank, shape in ((1, _STEPS), (2, _IMAGE), (3, _CUBE)):
        yield f"SpatialDropout{rank}D", {"rate": 0.3}, [shape]
        yield f"ZeroPadding{rank}D", {}, [shape]
        yield f"ZeroPadding{rank}D", {"padding": 2}, [shape]
        yield f"Cropping{rank}D", {"cropping": 1}, [shape]
        yield f"UpSampling{rank}D", {"size": 3}, [shape]
    yield "ZeroPadding1D", {"padding": (1, 3)}, [_STEPS]
    yield "ZeroPadding2D", {"padding": ((1, 2), (3, 4))}, [_IMAGE]
    yield "ZeroPadding2D", {"padding": (1, 2), "data_format": "channels_first"}, [_FIRST]
    yield "Cropping2D", {"cropping": ((1, 2), (3, 1))}, [_IMAGE]
    yield "Cropping1D", {"cropping": (1, 2)}, [_STEPS]
    yield "UpSampling2D", {"interpolation": "bilinear"}, [_IMAGE]
    yield "Reshape", {"target_shape": (-1, 3)}, [_STEPS]
    yield "Reshape", {"target_shape": (6, 11)}, [_STEPS]
    yield "Reshape", {"target_shape": (-1,)}, [_IMAGE]
    yield "Permute", {"dims": (2, 1)}, [_STEPS]
    yield "RepeatVector", {"n": 4}, [_VECTOR]


def _recurrent() -> Iterator[Case]:
    for kind in ("SimpleRNN", "GRU", "LSTM"):
        for arguments in (
            {},
            {"return_sequences": True},
            {"return_state": True},
            {"return_sequences": True, "return_state": True, "go_backwards": True},
            {"use_bias": False},
        ):
            yield kind, {"units": 5, **arguments}, [_STEPS]
        yield "Bidirectional", {"layer": (kind, {"units": 5, "return_sequences": True})}, [_STEPS]
        yield "Bidirectional", {"layer": (kind, {"units": 5}), "merge_mode": "sum"}, [_STEPS]
        yield "Bidirectional", {"layer": (kind, {"units": 5, "return_state": True})}, [_STEPS]
        yield "RNN", {"cell": (f"{kind}Cell", {"units": 5}), "return_sequences": True}, [_STEPS]
        yield "RNN", {"cell": (f"{kind}Cell", {"units": 5}), "return_state": True}, [_STEPS]
    yield "Bidirectional", {"layer": ("LSTM", {"units": 5}), "merge_mode": None}, [_STEPS]
    yield "GRU", {"units": 5, "reset_after": False}, [_STEPS]
    for rank, shape in ((1, (5, 9, 3)), (2, (5, 9, 8, 3)), (3, (5, 7, 6, 5, 3))):
        ways: tuple[dict[str, Any], ...] = (
            {},
            {"return_sequences": True, "padding": "same", "strides": 2},
            {"return_state": True},
        )
        for arguments in ways:
            yield f"ConvLSTM{rank}D", {"filters": 4, "kernel_size": 3, **arguments}, [shape]
    yield "TimeDistributed", {"layer": ("Dense", {"units": 5, "activation": "relu"})}, [_STEPS]
    yield "TimeDistributed", {"layer": ("Conv2D", {"filters": 5, "kernel_size": 3})}, [(4, *_IMAGE)]
    yield "TimeDistributed", {"layer": ("Flatten", {})}, [(4, *_IMAGE)]
    yield "SpectralNormalization", {"layer": ("Conv2D", {"filters": 5, "kernel_size": 3})}, [_IMAGE]


def _attention() -> Iterator[Case]:
    for arguments in ({}, {"value_dim": 3}, {"output_shape": 8}, {"use_bias": False, "dropout": 0.1}):
        yield "MultiHeadAttention", {"num_heads": 2, "key_dim": 4, **arguments}, [_STEPS, (7, 5)]
    grouped = {"head_dim": 4, "num_query_heads": 4, "num_key_value_heads": 2}
    yield "GroupQueryAttention", grouped, [_STEPS, (7, 6)]
    for kind in ("Attention", "AdditiveAttention"):
        yield kind, {}, [_STEPS, (7, 6)]
        yield kind, {}, [_STEPS, (7, 6), (7, 6)]


def _preprocessing() -> Iterator[Case]:
    for kind in _IMAGE_LAYERS:
        yield kind, {}, [(12, 10, 3)]
    factor = {"factor": 0.2}
    for kind in ("RandomBrightness", "RandomContrast", "RandomColorDegeneration"):
        yield kind, factor, [(12, 10, 3)]
    for kind in ("RandomHue", "RandomRotation", "RandomSaturation"):
        yield kind, factor, [(12, 10, 3)]
    yield "RandomSharpness", factor, [(12, 10, 3)]
    yield "RandomPosterization", {"factor": 4}, [(12, 10, 3)]
    yield "RandomShear", {"x_factor": 0.1}, [(12, 10, 3)]
    yield "RandomTranslation", {"height_factor": 0.1, "width_factor": 0.1}, [(12, 10, 3)]
    yield "RandomZoom", {"height_factor": 0.1}, [(12, 10, 3)]
    yield "RandomElasticTransform", {}, [(12, 10, 3)]
    yield "Solarization", {}, [(12, 10, 3)]
    yield "ContrastLimitedAdaptiveHistogramEqualization", {}, [(12, 10, 3)]
    yield "MixUp", {}, [(12, 10, 3)]
    yield "CutMix", {}, [(12, 10, 3)]
    for kind in ("Resizing", "CenterCrop", "RandomCrop"):
        yield kind, {"height": 6, "width": 5}, [(12, 10, 3)]
    yield "Resizing", {"height": 6, "width": 5, "data_format": "channels_first"}, [(3, 12, 10)]
    yield "Rescaling", {"scale": 1 / 255, "offset": -1.0}, [_IMAGE]
    yield "Rescaling", {"scale": [0.1, 0.2, 0.3]}, [(12, 10, 3)]
    yield "Normalization", {"mean": 0.5, "variance": 2.0}, [_VECTOR]
    yield "Normalization", {"axis": None, "mean": 0.5, "variance": 2.0}, [_VECTOR]
    for mode in ("int", "one_hot", "multi_hot", "count"):
        yield "Hashing", {"num_bins": 8, "output_mode": mode}, [(1,)]
        yield "Discretization", {"bin_boundaries": [0.0, 1.0], "output_mode": mode}, [(1,)]
        yield "IntegerLookup", {"vocabulary": [1, 2, 3], "output_mode": mode}, [(1,)]
        if mode != "int":
            yield "CategoryEncoding", {"num_tokens": 8, "output_mode": mode}, [(4,) if mode != "one_hot" else (1,)]
    for mode in ("int", "one_hot"):
        yield "HashedCrossing", {"num_bins": 8, "output_mode": mode}, [(1,), (1,)]
    yield "MelSpectrogram", {}, [(16000,)]
    yield "STFTSpectrogram", {"frame_length": 64}, [(1000, 2)]
    yield "STFTSpectrogram", {"frame_length": 100, "frame_step": 30, "mode": "stft", "expand_dims": True}, [(1000, 2)]
    yield "STFTSpectrogram", {"frame_length": 64, "padding": "same"}, [(1000, 2)]


def make(keras: Any, case: Case) -> Any:
    """The functional model of one case."""
    kind, arguments, shapes = case
    layers = keras.layers
    made = {
        name: getattr(layers, value[0])(**value[1]) if name in ("layer", "cell") else value
        for name, value in arguments.items()
    }
    layer = getattr(layers, kind)(**made)
    inputs = [keras.Input(shape) for shape in shapes]
    separate: Callable[..., Any] = layer
    outputs = (
        separate(*inputs)
        if kind in ("MultiHeadAttention", "GroupQueryAttention")
        else separate(inputs if len(inputs) > 1 else inputs[0])
    )
    return keras.Model(inputs, outputs)
