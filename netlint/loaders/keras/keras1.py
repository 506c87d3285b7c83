"""What Keras 1 called the layers and arguments of Keras 2 and 3.

The names are those of `keras/legacy/interfaces.py` (Keras 2.2.4), which accepted them for some years, and of the layers
of Keras 1.2.2 themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

#: Class names of earlier versions; `Merge` is handled by its `mode`.
CLASSES: Final[Mapping[str, str]] = {
    "Convolution1D": "Conv1D",
    "Convolution2D": "Conv2D",
    "Convolution3D": "Conv3D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3DTranspose": "Conv3DTranspose",
    "Deconvolution2D": "Conv2DTranspose",
    "Deconvolution3D": "Conv3DTranspose",
    "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "BatchNormalizationV1": "BatchNormalization",
    "BatchNormalizationV2": "BatchNormalization",
    "SyncBatchNormalization": "BatchNormalization",
    "CuDNNLSTM": "LSTM",
    "CuDNNGRU": "GRU",
    "GRUV1": "GRU",
    "GRUV2": "GRU",
    "LSTMV1": "LSTM",
    "LSTMV2": "LSTM",
    "GRUCellV2": "GRUCell",
    "LSTMCellV2": "LSTMCell",
    "DenseFeaturesV2": "DenseFeatures",
    "NormalizationV1": "Normalization",
    "Model": "Functional",
    "Container": "Functional",
    "TimeDistributedDense": "Dense",
    "InputSpec": "InputLayer",
}

_EVERY: Final = {"batch_input_shape": "batch_shape", "input_dtype": "dtype"}
_KERNEL: Final = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "W_constraint": "kernel_constraint",
    "b_regularizer": "bias_regularizer",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_WINDOW: Final = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "atrous_rate": "dilation_rate",
}
_POOLING: Final = {
    "pool_length": "pool_size",
    "stride": "strides",
    "border_mode": "padding",
    "dim_ordering": "data_format",
}
_RECURRENT: Final = {
    "output_dim": "units",
    "init": "kernel_initializer",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "W_regularizer": "kernel_regularizer",
    "U_regularizer": "recurrent_regularizer",
    "b_regularizer": "bias_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
}
_RATE: Final = {"p": "rate"}

#: Argument names of earlier versions, by the class name of Keras 3.
_ARGUMENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "Dense": {"output_dim": "units", **_KERNEL},
    "Dropout": _RATE,
    "SpatialDropout1D": _RATE,
    "SpatialDropout2D": {**_RATE, "dim_ordering": "data_format"},
    "SpatialDropout3D": {**_RATE, "dim_ordering": "data_format"},
    "GaussianDropout": _RATE,
    "GaussianNoise": {"sigma": "stddev"},
    "Embedding": {
        "init": "embeddings_initializer",
        "W_regularizer": "embeddings_regularizer",
        "W_constraint": "embeddings_constraint",
    },
    "BatchNormalization": {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "PReLU": {"init": "alpha_initializer"},
    "ThresholdedReLU": {"threshold": "theta"},
    "UpSampling1D": {"length": "size"},
    "UpSampling2D": {"dim_ordering": "data_format"},
    "UpSampling3D": {"dim_ordering": "data_format"},
    "ZeroPadding2D": {"dim_ordering": "data_format"},
    "ZeroPadding3D": {"dim_ordering": "data_format"},
    "Cropping2D": {"dim_ordering": "data_format"},
    "Cropping3D": {"dim_ordering": "data_format"},
    **{
        f"{kind}{rank}D{turned}": {**_KERNEL, **_WINDOW}
        for kind, turned in (("Conv", ""), ("Conv", "Transpose"), ("SeparableConv", ""), ("DepthwiseConv", ""))
        for rank in (1, 2, 3)
    },
    **{f"{kind}Pooling{rank}D": _POOLING for kind in ("Max", "Average") for rank in (1, 2, 3)},
    **{
        f"Global{kind}Pooling{rank}D": {"dim_ordering": "data_format"}
        for kind in ("Max", "Average")
        for rank in (1, 2, 3)
    },
    **dict.fromkeys(("SimpleRNN", "GRU", "LSTM"), _RECURRENT),
}

_ORDERINGS: Final = {"tf": "channels_last", "th": "channels_first"}


def renamed(kind: str, config: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The arguments under the names of Keras 3, and for each that had another one its own."""
    table = _ARGUMENTS.get(kind, {})
    names = (*_EVERY.items(), *table.items())
    words: dict[str, str] = {new: old for old, new in names if old in config and new not in config}
    if not words and "dim_ordering" not in config and "nb_row" not in config and "kernel_dim1" not in config:
        return config, words
    arguments = dict(config)
    for new, old in words.items():
        arguments[new] = arguments.pop(old)
    for old, sides in (
        ("nb_row", ("nb_row", "nb_col")),
        ("kernel_dim1", ("kernel_dim1", "kernel_dim2", "kernel_dim3")),
    ):
        if old in arguments:
            arguments["kernel_size"] = [arguments.get(side) for side in sides]
            words["kernel_size"] = old
    if isinstance(arguments.get("data_format"), str) and arguments["data_format"] in _ORDERINGS:
        arguments["data_format"] = _ORDERINGS[arguments["data_format"]]
    return arguments, words


#: `Merge(mode=...)` and the layers that took its place.
MERGES: Final[Mapping[str, str]] = {
    "sum": "Add",
    "mul": "Multiply",
    "ave": "Average",
    "max": "Maximum",
    "concat": "Concatenate",
    "dot": "Dot",
    "cos": "Dot",
}
