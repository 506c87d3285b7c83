"""The operators that `on:` may name: ONNX's, netlint's own, and the words of each dialect."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache
from typing import Final

from netlint.loaders.caffe.layers import layer_types
from netlint.loaders.keras.layers import kinds
from netlint.loaders.onnx import schema
from netlint.loaders.tensorflow import op_types
from netlint.ops import operators

DIALECTS: Final = ("caffe", "onnx", "keras", "tensorflow", "torch")

#: Classes of `torch.nn` that are layers by themselves.
_TORCH: Final = frozenset({
    *(f"{name}{axes}d" for axes in (1, 2, 3) for name in (
        "Conv", "ConvTranspose", "MaxPool", "AvgPool", "AdaptiveAvgPool", "AdaptiveMaxPool", "BatchNorm",
        "InstanceNorm", "Dropout", "LPPool", "ReflectionPad", "ReplicationPad", "ZeroPad", "ConstantPad",
    )),
    "Linear", "Bilinear", "ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish",
    "Sigmoid", "Tanh", "Softplus", "Softsign", "Hardswish", "Hardsigmoid", "Hardtanh", "LogSigmoid", "LogSoftmax",
    "Softmax", "Dropout", "AlphaDropout", "LayerNorm", "GroupNorm", "RMSNorm", "LocalResponseNorm", "Embedding",
    "EmbeddingBag",
    "LSTM", "GRU", "RNN", "MultiheadAttention", "Flatten", "Unflatten", "Identity", "Upsample", "PixelShuffle",
    "PixelUnshuffle", "Fold", "Unfold", "CosineSimilarity", "PairwiseDistance", "ChannelShuffle",
})  # fmt: skip


@cache
def operator_names() -> frozenset[str]:
    """Names that nodes have as `op`."""
    return frozenset(operators()) | frozenset(schema.names(""))


@cache
def dialect_words() -> frozenset[str]:
    """Names that sources have for layers."""
    return layer_types() | kinds() | op_types() | _TORCH | frozenset(schema.names("ai.onnx.ml"))


def wrong(name: str) -> str:
    """Why no operator has this name; empty where one has, or where it is of somebody's own (`keras::MyLayer`)."""
    if name in operator_names() or name in dialect_words():
        return ""
    first, colons, rest = name.partition("::")
    if colons and first and rest:
        return ""
    known = {word.lower(): word for word in sorted((*dialect_words(), *operator_names()), reverse=True)}
    close = get_close_matches(name.lower(), known, n=1)
    hint = f": did you mean `{known[close[0]]}`?" if close else ""
    return f"no operator is named `{name}`{hint} (one of your own has its dialect in front: `keras::{name}`)"


def sorted_out(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names to compare with a node's operator, names to compare with its source's word). What ONNX has is an operator;
    what has its dialect in front may be either."""
    ops = tuple(name for name in names if name in operator_names() or "::" in name)
    return ops, tuple(name for name in names if name not in operator_names())
