"""Declared types of values, and the element types of what operators make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.onnx.proto import DATA_TYPES
from netlint.loaders.protobuf import Message
from netlint.model import UNKNOWN, Attr, Dim, Shape, symbol

#: Operators whose output's type an attribute names: the attribute, and the type without it (`0`: the first input's).
NAMED_BY: Final[Mapping[str, tuple[str, str]]] = {
    "Cast": ("to", ""),
    "RandomNormal": ("dtype", "float32"),
    "RandomUniform": ("dtype", "float32"),
    "RandomNormalLike": ("dtype", "0"),
    "RandomUniformLike": ("dtype", "0"),
    "EyeLike": ("dtype", "0"),
    "Bernoulli": ("dtype", "0"),
    "Multinomial": ("dtype", "int32"),
    "BlackmanWindow": ("output_datatype", "float32"),
    "HannWindow": ("output_datatype", "float32"),
    "HammingWindow": ("output_datatype", "float32"),
    "MelWeightMatrix": ("output_datatype", "float32"),
}

#: Attributes whose integer is an element type.
TYPE_ATTRIBUTES: Final = frozenset({"to", "dtype", "output_dtype", "output_datatype"})

_MOST_AXES: Final = 64


def declared(type_proto: Message) -> tuple[str, Shape]:
    """(element type, shape) of a `TypeProto`; containers are `seq(float32)`, `map(int64,float32)`, `optional(...)`."""
    kind = type_proto.WhichOneof("value")
    if kind in ("tensor_type", "sparse_tensor_type"):
        tensor = getattr(type_proto, kind)
        dtype = DATA_TYPES.get(tensor.elem_type, "")
        return dtype if kind == "tensor_type" else "", _shape(tensor) if tensor.HasField("shape") else UNKNOWN
    if kind == "sequence_type":
        inner, _ = declared(type_proto.sequence_type.elem_type)
        return (f"seq({inner})" if inner else ""), UNKNOWN
    if kind == "optional_type":
        inner, _ = declared(type_proto.optional_type.elem_type)
        return (f"optional({inner})" if inner else ""), UNKNOWN
    return "", UNKNOWN


def _shape(tensor: Message) -> Shape:
    dims = tensor.shape.dim
    if len(dims) > _MOST_AXES:
        return UNKNOWN
    return tuple(map(_dim, dims))


def _dim(dim: Message) -> Dim:
    kind = dim.WhichOneof("value")
    if kind == "dim_value":
        # Some exporters write -1 for an extent that they do not know.
        return dim.dim_value if dim.dim_value >= 0 else UNKNOWN
    if kind == "dim_param" and dim.dim_param.strip(" ?"):
        return symbol(dim.dim_param)
    return UNKNOWN


def named_type(op: str, attrs: Mapping[str, Attr], first_input: str) -> str | None:
    """The element type that the operator's attributes give its outputs; None where they give none."""
    entry = NAMED_BY.get(op)
    if entry is None:
        return None
    attr = attrs.get(entry[0])
    if attr is not None:
        return attr.value if isinstance(attr.value, str) else ""
    return first_input if entry[1] == "0" else entry[1]
