"""Every version of the format as today's layers, with the places of what was really written.

Caffe upgrades a file before it builds the net (src/caffe/util/upgrade_proto.cpp). The same happens here, without
copying: a `Layer` points into the tree that was parsed, whatever the version.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from netlint.loaders.caffe.layer import Blob, Block, Layer, ParamSpec
from netlint.loaders.caffe.upgrade_v0 import fold_padding, is_v0, upgraded
from netlint.loaders.text_format import Field, Message
from netlint.model import Attr, Problem, Source, Span

#: V1's enum words and today's type names (upgrade_proto.cpp, UpgradeV1LayerType).
V1_TYPES: Final = {
    "ABSVAL": "AbsVal",
    "ACCURACY": "Accuracy",
    "ARGMAX": "ArgMax",
    "BNLL": "BNLL",
    "CONCAT": "Concat",
    "CONTRASTIVE_LOSS": "ContrastiveLoss",
    "CONVOLUTION": "Convolution",
    "DATA": "Data",
    "DECONVOLUTION": "Deconvolution",
    "DROPOUT": "Dropout",
    "DUMMY_DATA": "DummyData",
    "ELTWISE": "Eltwise",
    "EUCLIDEAN_LOSS": "EuclideanLoss",
    "EXP": "Exp",
    "FLATTEN": "Flatten",
    "HDF5_DATA": "HDF5Data",
    "HDF5_OUTPUT": "HDF5Output",
    "HINGE_LOSS": "HingeLoss",
    "IM2COL": "Im2col",
    "IMAGE_DATA": "ImageData",
    "INFOGAIN_LOSS": "InfogainLoss",
    "INNER_PRODUCT": "InnerProduct",
    "LRN": "LRN",
    "MEMORY_DATA": "MemoryData",
    "MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss",
    "MVN": "MVN",
    "POOLING": "Pooling",
    "POWER": "Power",
    "RELU": "ReLU",
    "SIGMOID": "Sigmoid",
    "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
    "SILENCE": "Silence",
    "SLICE": "Slice",
    "SOFTMAX": "Softmax",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "SPLIT": "Split",
    "TANH": "TanH",
    "THRESHOLD": "Threshold",
    "WINDOW_DATA": "WindowData",
}


def layers_of(source: Source, net: Message) -> tuple[list[Layer], list[Problem]]:
    """The layers of a NetParameter in execution order, `input` fields first."""
    old, new = net.by_name.get("layers", []), net.by_name.get("layer", [])
    problems: list[Problem] = []
    misspelt = [item for item in old if _quotes_its_type(item)]
    if misspelt:
        first = misspelt[0]
        problems.append(
            Problem(
                "mixed-dialect",
                "`layers` with a quoted type: the old format's keyword, whose types are bare words, so Caffe's parser "
                "refuses the string; netlint reads it as `layer`",
                Span(source, first.name_start, first.name_start + len(first.name)),
                remedy="write `layer`",
                severity="warning",
            )
        )
    if len(old) > len(misspelt) and new:
        stray, main = (new[0], old[0]) if len(new) <= len(old) else (old[0], new[0])
        problems.append(
            Problem(
                "mixed-dialect",
                f"`{stray.name}` in a net whose other layers are `{main.name}`: Caffe refuses to mix the two formats",
                Span(source, stray.name_start, stray.name_start + len(stray.name)),
                related=((Span(source, main.name_start, main.name_start + len(main.name)), "the other format"),),
                remedy="write all layers as `layer` with a quoted type",
            )
        )
    layers = list(_inputs(source, net, problems))
    items = sorted([*old, *new], key=lambda field: field.start) if old and new else old or new
    if any(item.message is not None and is_v0(item.message) for item in old):
        items, folded = fold_padding(source, items)
        problems += folded
    layers += [_layer(source, item, item.message) for item in items if item.message is not None]
    return layers, problems


def _quotes_its_type(item: Field) -> bool:
    types = item.message.by_name.get("type", []) if item.message else []
    return any(not entry.is_word for entry in types)


def _inputs(source: Source, net: Message, problems: list[Problem]) -> Iterator[Layer]:
    """`input` fields become one Input layer, which Caffe puts first (UpgradeNetInput)."""
    names = net.by_name.get("input", [])
    if not names:
        return
    shapes, dims = net.by_name.get("input_shape", []), net.by_name.get("input_dim", [])
    if not shapes and not dims:
        problems.append(
            Problem(
                "unknown-bottom",
                f"input `{names[0].value}` has no shape: Caffe drops it, and nothing produces that blob",
                Span(source, names[0].start, names[0].end),
                remedy="add an `input_shape { dim: ... }` for each input",
            )
        )
    elif not shapes and len(dims) != 4 * len(names):
        problems.append(
            Problem(
                "invalid-geometry",
                f"{len(dims)} `input_dim` for {len(names)} `input`: each input takes exactly 4",
                Span(source, dims[0].start, dims[-1].end),
                related=((Span(source, names[0].start, names[0].end), "the inputs"),),
                remedy="give num, channels, height and width for each input, or use `input_shape`",
            )
        )
    message = Message("}")
    parameter = Message("}")
    parameter.by_name["shape"] = shapes or [_shape(dims[at : at + 4]) for at in range(0, len(dims) // 4 * 4, 4)]
    owner = Field("input_param", names[0].name_start, "", names[0].start, names[-1].end)
    owner.message = parameter
    message.by_name["input_param"] = [owner]
    span = Span(source, names[0].start, names[0].end)
    yield Layer(source, "input", "Input", message, "LayerParameter", span, span, span, [], _blobs(source, names), [])


def _shape(dims: list[Field]) -> Field:
    shape = Field("shape", dims[0].name_start, "", dims[0].start, dims[-1].end)
    shape.message = Message("}")
    shape.message.by_name["dim"] = dims
    return shape


def _layer(source: Source, item: Field, message: Message) -> Layer:
    keyword = Span(source, item.name_start, item.name_start + len(item.name))
    if is_v0(message):
        message = upgraded(message)
    names, types = message.by_name.get("name"), message.by_name.get("type")
    is_v1 = item.name == "layers"
    word = str(types[0].value).strip("\"'") if types and types[0].value is not None else ""
    return Layer(
        source=source,
        name=str(names[0].value) if names and names[0].value is not None else "",
        type=V1_TYPES.get(word, word) if is_v1 else word,
        message=message,
        schema_name="V1LayerParameter" if is_v1 else "LayerParameter",
        span=Span(source, names[0].start, names[0].end) if names else keyword,
        type_span=Span(source, types[0].start, types[0].end) if types else keyword,
        block_span=Span(source, item.name_start, item.end),
        bottoms=_blobs(source, message.by_name.get("bottom", ())),
        tops=_blobs(source, message.by_name.get("top", ())),
        specs=_v1_specs(source, message) if is_v1 else _specs(source, message),
    )


def _blobs(source: Source, fields: Iterable[Field]) -> list[Blob]:
    return [Blob(str(item.value), Span(source, item.start, item.end)) for item in fields]


def _specs(source: Source, message: Message) -> list[ParamSpec]:
    specs = []
    for item in message.by_name.get("param", []):
        block = Block(source, "param", "ParamSpec", item)
        name, lr, decay = (
            block.attr(word, word) if block.has(word) else None for word in ("name", "lr_mult", "decay_mult")
        )
        permissive = block.get("share_mode") == "PERMISSIVE"
        span = Span(source, item.name_start, item.name_start + len(item.name))
        specs.append(ParamSpec(span, name, lr, decay, permissive))
    return specs


def _v1_specs(source: Source, message: Message) -> list[ParamSpec]:
    """V1 writes one list for each property; entry i of each belongs to blob i."""
    columns = [message.by_name.get(name, []) for name in ("param", "blobs_lr", "weight_decay")]
    modes = [item.value for item in message.by_name.get("blob_share_mode", [])]
    specs = []
    for index in range(max(map(len, columns))):
        entries = [column[index] if index < len(column) else None for column in columns]
        name, lr, decay = (
            Attr(word, entry.value, Span(source, entry.start, entry.end), entry.name)
            if entry is not None and entry.value is not None
            else None
            for word, entry in zip(("name", "lr_mult", "decay_mult"), entries, strict=True)
        )
        first = next(entry for entry in entries if entry is not None)
        permissive = modes[index : index + 1] == ["PERMISSIVE"]
        specs.append(ParamSpec(Span(source, first.start, first.end), name, lr, decay, permissive))
    return specs
