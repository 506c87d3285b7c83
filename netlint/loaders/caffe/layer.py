"""One layer of a Caffe definition, whatever version of the format it was written in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final, NamedTuple

from netlint.loaders.caffe.forks import forks
from netlint.loaders.caffe.schema import FieldType, Scalar, fields_of, fork_schema, schema
from netlint.loaders.text_format import Field, Message
from netlint.model import UNKNOWN, Attr, AttrValue, Initializer, Param, Problem, Shape, Source, Span, surely_meant

#: Caffe's filler names (include/caffe/filler.hpp, GetFiller) in the field's common words.
FILLERS: Final[Mapping[str, str]] = {
    "constant": "constant",
    "gaussian": "normal",
    "positive_unitball": "positive_unitball",
    "uniform": "uniform",
    "xavier": "xavier_uniform",
    "msra": "kaiming_normal",
    "bilinear": "bilinear",
}


class Block:
    """A message of parameters (`convolution_param { ... }`), or its absence: then every field has its default."""

    __slots__ = ("fields", "message", "name", "name_span", "source")

    def __init__(self, source: Source, name: str, type_name: str, field_: Field | None) -> None:
        self.source = source
        self.name = name
        self.fields: Mapping[str, FieldType] = fields_of(type_name)
        self.message: Message | None = field_.message if field_ is not None else None
        self.name_span = Span(source, field_.name_start, field_.name_start + len(name)) if field_ is not None else None

    def field(self, name: str) -> Field | None:
        found = self.message.by_name.get(name) if self.message is not None else None
        return found[0] if found else None

    def all(self, name: str) -> list[Field]:
        return self.message.by_name.get(name, []) if self.message is not None else []

    def has(self, name: str) -> bool:
        return self.message is not None and name in self.message.by_name

    def get(self, name: str) -> Scalar:
        """The value of a singular field, or the schema's default."""
        found = self.field(name)
        value = found.value if found is not None else None
        if value is None and name in self.fields:
            value = self.fields[name].default
        return 0 if value is None else value

    def number(self, name: str) -> int:
        value = self.get(name)
        return int(value) if isinstance(value, int | float) else 0

    def numbers(self, name: str) -> tuple[int, ...]:
        """The values of a repeated integer field."""
        return tuple(item.value for item in self.all(name) if isinstance(item.value, int))

    def attr(self, name: str, field_name: str, value: AttrValue | None = None) -> Attr:
        """An attribute that stands where `field_name` is written (at its first value when it repeats)."""
        found = self.field(field_name)
        if value is None:
            value = self.get(field_name)
        return Attr(name, value, self.span(found) if found is not None else None, field_name)

    def span(self, found: Field) -> Span:
        return field_span(self.source, found)

    def block(self, name: str) -> Block:
        return Block(self.source, name, self.fields[name].type, self.field(name))


def uneven_pads(layer: Layer, block: Block) -> Attr | None:
    """A fork's padding side by side, `pad_l`, `pad_r`, `pad_t` and `pad_b`, in ONNX's order (top, left, bottom, right);
    None where none of them is set, and the even padding holds (Synopsys caffe, conv_layer.cpp, pooling_layer.cpp)."""
    if not layer.forks:
        return None
    words = ("pad_t", "pad_l", "pad_b", "pad_r")
    sides = tuple(_whole(block.field(word)) for word in words)
    if not any(sides):
        return None
    return block.attr("pads", next(word for word in words if block.has(word)), sides)


def _whole(found: Field | None) -> int:
    return found.value if found is not None and isinstance(found.value, int) else 0


def field_span(source: Source, found: Field) -> Span:
    """A scalar stands at its value; a message at its name, which is the narrowest place that means the whole."""
    if found.message is not None:
        return Span(source, found.name_start, found.name_start + len(found.name))
    return Span(source, found.start, found.end)


@dataclass(frozen=True, slots=True)
class ParamSpec:
    """One `param { ... }`, or one entry each of V1's `blobs_lr`, `weight_decay` and `param`."""

    span: Span
    name: Attr | None = None
    lr_mult: Attr | None = None
    decay_mult: Attr | None = None
    #: `share_mode: PERMISSIVE`: a shared blob needs the same number of elements only.
    permissive: bool = False


class Blob(NamedTuple):
    """A bottom or top as written."""

    name: str
    span: Span


@dataclass(slots=True)
class Layer:
    """A layer after the upgrade to today's format; every part still knows where it was written."""

    source: Source
    name: str
    type: str
    message: Message
    #: The message type that `message` has: LayerParameter or V1LayerParameter.
    schema_name: str
    span: Span
    type_span: Span
    block_span: Span
    bottoms: list[Blob]
    tops: list[Blob]
    specs: list[ParamSpec]
    #: The names of the forks that the file may be written for; none for BVLC.
    forks: frozenset[str] = frozenset()

    def block(self, name: str) -> Block:
        found = self.message.by_name.get(name)
        kinds = schema()[self.schema_name]
        # V1 knows fewer blocks than today's types do: there such a block is always absent.
        kind = kinds.get(name) or schema()["LayerParameter"].get(name) or fork_schema()["LayerParameter"][name]
        return Block(self.source, name, kind.type, found[0] if found else None)

    def list_attr(self, name: str) -> Attr | None:
        """A repeated scalar field of the layer itself as one attribute."""
        found = self.message.by_name.get(name)
        if not found:
            return None
        values = tuple(item.value for item in found if item.value is not None)
        return Attr(name, values, Span(self.source, found[0].start, found[-1].end), name)

    @property
    def label(self) -> str:
        return f"{self.type} `{self.name}`" if self.name else f"an unnamed {self.type}"


@dataclass(slots=True)
class Translation:
    """What a layer means in the IR."""

    op: str
    attrs: dict[str, Attr] = field(default_factory=dict)
    params: tuple[Param, ...] = ()
    #: The shapes of the tops of a layer without bottoms.
    shapes: tuple[Shape, ...] = ()
    problems: list[Problem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class LayerType:
    """How one Caffe layer type is read: the blocks it looks at, how many bottoms and tops it takes, its translation.

    Counts are (least, most), None for no limit (include/caffe/layers/*.hpp: ExactNumBottomBlobs and its kin).
    """

    translate: Callable[[Layer], Translation]
    blocks: tuple[str, ...] = ()
    bottoms: tuple[int, int | None] = (1, 1)
    tops: tuple[int, int | None] = (1, 1)
    #: One top for each bottom.
    paired: bool = False


def initializer(block: Block, name: str, default: float = 0.0) -> tuple[Initializer, list[Problem]]:
    """The initializer that a filler field declares, or Caffe's silent constant."""
    found = block.field(name)
    if found is None:
        value = Attr("value", default)
        return Initializer("constant", "constant", {"value": value}, None, declared=False), []
    filler = block.block(name)
    kind = filler.get("type")
    spelled = kind if isinstance(kind, str) else ""
    fields = {
        key: Attr(key, items[0].value if items[0].value is not None else "", filler.span(items[0]), key)
        for key, items in (filler.message.by_name if filler.message else {}).items()
    }
    type_attr = fields.get("type")
    span = type_attr.span if type_attr else block.span(found)
    problems = []
    if spelled not in FILLERS:
        knowing = [fork.name for fork in forks() if spelled in fork.fillers]
        close, meant = get_close_matches(spelled.lower(), FILLERS, n=1), surely_meant(spelled, FILLERS)
        problems.append(
            Problem(
                "unknown-filler",
                f'BVLC Caffe has no filler "{spelled}"; known to {", ".join(knowing)}'
                if knowing
                else f'Caffe has no filler "{spelled}": it stops with "Unknown filler name"',
                span,
                remedy=f'did you mean "{close[0]}"?' if close and not knowing else f"use one of {', '.join(FILLERS)}",
                severity="info" if knowing else None,
                meant=f'"{meant}"' if meant and not knowing and type_attr is not None else "",
            )
        )
    sparse = fields.get("sparse")
    if sparse is not None and sparse.value != -1 and spelled in FILLERS and spelled != "gaussian":
        problems.append(
            Problem(
                "unknown-filler",
                f'the filler "{spelled}" knows no `sparse`: Caffe stops, because only "gaussian" can leave weights out',
                sparse,
                remedy='remove `sparse`, or use `type: "gaussian"` with a `std`',
            )
        )
    return Initializer(FILLERS.get(spelled, spelled), spelled, fields, span), problems


def learned(layer: Layer, roles: Iterable[tuple[str, Initializer]], *, learnable: bool = True) -> tuple[Param, ...]:
    """Parameters in Caffe's blob order, each with the `param` entry of its index."""
    params = []
    stored = layer.message.by_name.get("blobs", [])
    for index, (role, start) in enumerate(roles):
        spec = layer.specs[index] if index < len(layer.specs) else None
        shape, shape_span = _stored_shape(layer.source, stored[index]) if index < len(stored) else (UNKNOWN, None)
        params.append(
            Param(
                role,
                start,
                shape,
                learnable=learnable,
                lr_mult=spec.lr_mult if spec else None,
                decay_mult=spec.decay_mult if spec else None,
                shared=spec.name if spec else None,
                shared_by_count=spec is not None and spec.permissive,
                span=shape_span or start.span,
            )
        )
    return tuple(params)


def _stored_shape(source: Source, blob: Field) -> tuple[Shape, Span | None]:
    """The shape that a `blobs` entry declares, and where: `shape { dim }`, or the old num, channels, height, width."""
    block = Block(source, "blobs", "BlobProto", blob)
    shape = block.field("shape")
    if shape is not None:
        return block.block("shape").numbers("dim"), block.span(shape)
    old = ("num", "channels", "height", "width")
    first = next((found for found in map(block.field, old) if found is not None), None)
    return (tuple(map(block.number, old)), block.span(first)) if first is not None else (UNKNOWN, None)


def weight_and_bias(layer: Layer, block: Block) -> tuple[tuple[Param, ...], list[Problem]]:
    """The two blobs of Convolution, Deconvolution, InnerProduct and Embed."""
    weight, problems = initializer(block, "weight_filler")
    roles = [("weight", weight)]
    if block.get("bias_term") is not False:
        bias, more = initializer(block, "bias_filler")
        roles.append(("bias", bias))
        problems += more
    return learned(layer, roles), problems
