"""Words and numbers turned into indices, or into one element for each of them."""

from __future__ import annotations

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer
from netlint.model import UNKNOWN, Unknown, Value


def _depth(layer: Layer) -> int | Unknown:
    """How many values there are; unknown where a vocabulary beside the model says it."""
    if layer.kind == "Discretization":
        bounds = layer.config.get("bin_boundaries")
        return (
            len(bounds) + 1
            if isinstance(bounds, list)
            else layer.integer("num_bins", 0)
            if layer.has("num_bins")
            else UNKNOWN
        )
    if layer.kind in ("Hashing", "HashedCrossing"):
        return layer.integer("num_bins", 0)
    if layer.kind == "CategoryEncoding":
        return layer.integer("num_tokens", 0)
    if layer.flag("pad_to_max_tokens", False) and layer.has("max_tokens"):
        return layer.integer("max_tokens", 0)
    words, size = layer.config.get("vocabulary"), layer.integer("vocabulary_size", 0)
    if isinstance(size, int) and size > 0:
        return size
    if not isinstance(words, list):
        return UNKNOWN
    # Indices for what is not in the vocabulary stand before it (keras/src/layers/preprocessing/index_lookup.py).
    extra = layer.integer("num_oov_indices", 1)
    return len(words) + extra if isinstance(extra, int) else UNKNOWN


_MODES = {"CategoryEncoding": "multi_hot"}


def encode(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """An index each, or one element a value in one of three ways."""
    attrs = [
        layer.attr("output_mode", "output_mode", layer.text("output_mode", _MODES.get(layer.kind, "int"))),
        plain("depth", _depth(layer)),
    ]
    return builder.emit(f"keras::{layer.kind}", layer, call.inputs, attrs)


def vectorise(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    """A text becomes a sequence of indices, or one element a word of the vocabulary."""
    mode = layer.text("output_mode", "int")
    depth: int | Unknown = UNKNOWN
    if layer.flag("pad_to_max_tokens", False) and layer.has("max_tokens"):
        depth = layer.integer("max_tokens", 0)
    length = layer.integer("output_sequence_length", 0) if layer.has("output_sequence_length") else UNKNOWN
    attrs = [
        layer.attr("output_mode", "output_mode", mode),
        layer.attr("length", "output_sequence_length", length),
        plain("depth", depth),
    ]
    return builder.emit("keras::TextVectorization", layer, call.inputs[:1], attrs)


LAYERS = {
    **dict.fromkeys(
        ("CategoryEncoding", "Discretization", "Hashing", "HashedCrossing", "IntegerLookup", "StringLookup"), encode
    ),
    "TextVectorization": vectorise,
}
