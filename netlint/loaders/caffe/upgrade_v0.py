"""The first format (2013): `layers { layer { name type ... } bottom top }`, parameters and all in one message.

Each field moves into the block that today's layer reads (upgrade_proto.cpp, UpgradeV0LayerParameter); its place in
the source stays. Padding layers are folded into the convolution or pooling that follows (UpgradeV0PaddingLayers).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.text_format import Field, Message
from netlint.model import Problem, Source, Span

#: V0's type strings and V1's enum words.
V0_TYPES: Final = {
    "accuracy": "ACCURACY",
    "bnll": "BNLL",
    "concat": "CONCAT",
    "conv": "CONVOLUTION",
    "data": "DATA",
    "dropout": "DROPOUT",
    "euclidean_loss": "EUCLIDEAN_LOSS",
    "flatten": "FLATTEN",
    "hdf5_data": "HDF5_DATA",
    "hdf5_output": "HDF5_OUTPUT",
    "im2col": "IM2COL",
    "images": "IMAGE_DATA",
    "infogain_loss": "INFOGAIN_LOSS",
    "innerproduct": "INNER_PRODUCT",
    "lrn": "LRN",
    "multinomial_logistic_loss": "MULTINOMIAL_LOGISTIC_LOSS",
    "pool": "POOLING",
    "relu": "RELU",
    "sigmoid": "SIGMOID",
    "softmax": "SOFTMAX",
    "softmax_loss": "SOFTMAX_LOSS",
    "split": "SPLIT",
    "tanh": "TANH",
    "window_data": "WINDOW_DATA",
}

_LEARNED: Final = {
    "num_output": "num_output",
    "biasterm": "bias_term",
    "weight_filler": "weight_filler",
    "bias_filler": "bias_filler",
}
_DATA: Final = {"source": "source", "batchsize": "batch_size", "rand_skip": "rand_skip"}
_TRANSFORM: Final = {"scale": "scale", "meanfile": "mean_file", "cropsize": "crop_size", "mirror": "mirror"}
_WINDOW: Final = {"pad": "pad", "kernelsize": "kernel_size", "stride": "stride"}

#: V0 type -> today's block -> V0 field -> today's field.
_BLOCKS: Final[Mapping[str, Mapping[str, Mapping[str, str]]]] = {
    "conv": {"convolution_param": {**_LEARNED, **_WINDOW, "group": "group"}},
    "im2col": {"convolution_param": _WINDOW},
    "innerproduct": {"inner_product_param": _LEARNED},
    "pool": {"pooling_param": {**_WINDOW, "pool": "pool"}},
    "dropout": {"dropout_param": {"dropout_ratio": "dropout_ratio"}},
    "lrn": {"lrn_param": {name: name for name in ("local_size", "alpha", "beta", "k")}},
    "concat": {"concat_param": {"concat_dim": "concat_dim"}},
    "data": {"data_param": _DATA, "transform_param": _TRANSFORM},
    "hdf5_data": {"hdf5_data_param": _DATA},
    "images": {
        "image_data_param": {
            **_DATA,
            "shuffle_images": "shuffle",
            "new_height": "new_height",
            "new_width": "new_width",
        },
        "transform_param": _TRANSFORM,
    },
    "window_data": {"window_data_param": _DATA, "transform_param": _TRANSFORM},
    "infogain_loss": {"infogain_loss_param": {"source": "source"}},
}


def is_v0(message: Message) -> bool:
    """Whether a `layers` message wraps a V0 layer."""
    return "layer" in message.by_name


def upgraded(message: Message) -> Message:
    """A V0 layer as a V1 one; fields that its type never reads stay out, as in Caffe."""
    old = _inner(message)
    new = Message("}")
    new.by_name = {name: items for name, items in message.by_name.items() if name in ("bottom", "top")}
    new.by_name |= {name: old.by_name[name] for name in ("name", "blobs_lr", "weight_decay") if name in old.by_name}
    types = old.by_name.get("type")
    if not types:
        return new
    word = str(types[0].value)
    new.by_name["type"] = [_renamed(types[0], "type", V0_TYPES.get(word, word))]
    for block_name, fields in _BLOCKS.get(word, {}).items():
        found = {fields[name]: items for name, items in old.by_name.items() if name in fields}
        if found:
            new.by_name[block_name] = [_block(block_name, found)]
    return new


def _block(name: str, fields: Mapping[str, list[Field]]) -> Field:
    first = next(iter(fields.values()))[0]
    block = Field(name, first.name_start, "", first.start, first.end)
    block.message = Message("}")
    block.message.by_name = {new: [_renamed(item, new, item.value) for item in items] for new, items in fields.items()}
    return block


def _renamed(item: Field, name: str, value: int | float | bool | str | None) -> Field:
    copy = Field(name, item.name_start, item.text, item.start, item.end)
    copy.message, copy.value = item.message, value
    return copy


def fold_padding(source: Source, items: list[Field]) -> tuple[list[Field], list[Problem]]:
    """Drop padding layers and give their pad and bottom to the convolution or pooling that reads them."""
    kept: list[Field] = []
    problems: list[Problem] = []
    padding: dict[str, Message] = {}
    for item in items:
        message = item.message or Message("}")
        old = _inner(message)
        if _word(old) == "padding":
            padding |= {str(top.value): message for top in message.by_name.get("top", [])}
            continue
        for bottom in message.by_name.get("bottom", []):
            pad = padding.get(str(bottom.value))
            if pad is None:
                continue
            if _word(old) not in ("conv", "pool"):
                reason = "a padding layer may only feed a convolution or a pooling: Caffe stops here"
                problems.append(Problem("invalid-geometry", reason, Span(source, bottom.start, bottom.end)))
                continue
            old.by_name["pad"] = _inner(pad).by_name.get("pad", [])
            message.by_name["bottom"] = pad.by_name.get("bottom", [])
        kept.append(item)
    return kept, problems


def _inner(message: Message) -> Message:
    layer = message.by_name.get("layer")
    return (layer[0].message if layer else None) or Message("}")


def _word(old: Message) -> str:
    types = old.by_name.get("type")
    return str(types[0].value) if types else ""
