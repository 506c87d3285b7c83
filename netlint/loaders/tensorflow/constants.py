"""Constants: the elements of small ones, and what every element of a large one is."""

from __future__ import annotations

import struct
from typing import Final

from netlint.loaders.protobuf import Message
from netlint.loaders.tensorflow.graph import Op
from netlint.loaders.tensorflow.proto import DATA_TYPES
from netlint.model import UNKNOWN, Dim, Elements, Shape, product

#: Elements are kept up to this number, as everywhere.
_MOST: Final = 256

#: How an element stands in `tensor_content`, and the field that lists elements one by one.
_FORMATS: Final = {
    "float32": ("f", "float_val"), "float64": ("d", "double_val"), "int32": ("i", "int_val"),
    "uint8": ("B", "int_val"), "int16": ("h", "int_val"), "int8": ("b", "int_val"), "int64": ("q", "int64_val"),
    "bool": ("?", "bool_val"), "uint16": ("H", "int_val"), "uint32": ("I", "uint32_val"),
    "uint64": ("Q", "uint64_val"), "float16": ("e", "half_val"), "bfloat16": ("", "half_val"),
}  # fmt: skip


def shape_of(message: Message) -> Shape:
    """A TensorShapeProto; extents below 0 are unknown."""
    if message.unknown_rank or len(message.dim) > 64:
        return UNKNOWN
    dims: list[Dim] = [dim.size if dim.size >= 0 else UNKNOWN for dim in message.dim]
    return tuple(dims)


def tensor_of(op: Op) -> Message | None:
    """The tensor of a constant."""
    value = op.attrs.get("value")
    return value.tensor if value is not None and value.HasField("tensor") else None


def dtype_of(tensor: Message) -> str:
    return DATA_TYPES.get(tensor.dtype % 100, "")


def elements_of(tensor: Message) -> Elements | None:
    """All elements in row-major order; None when there are many, or they are not kept."""
    shape = shape_of(tensor.tensor_shape)
    count = product(shape) if isinstance(shape, tuple) else UNKNOWN
    if not isinstance(count, int) or not 0 <= count <= _MOST:
        return None
    listed = _listed(tensor)
    if listed is None or len(listed) > count:
        return None
    if len(listed) == count:
        return listed
    # The last element stands for all that follow; none at all are zeros (tensor.proto, `float_val` and the others).
    if not listed and tensor.payload_size:
        return None
    filler = listed[-1] if listed else "" if dtype_of(tensor) == "string" else 0
    return (*listed, *(filler,) * (count - len(listed)))


def every(tensor: Message) -> float | int | None:
    """The number that every element is; None where they differ or are not kept."""
    if tensor.payload_size or dtype_of(tensor) not in _FORMATS:
        return None
    listed = _listed(tensor)
    if listed is None:
        return None
    values = set(listed)
    if len(values) > 1:
        return None
    value = next(iter(values), 0)
    return value if isinstance(value, int | float) else None


def _listed(tensor: Message) -> Elements | None:
    """The elements that are written out."""
    dtype = dtype_of(tensor)
    if dtype == "string":
        return tuple(item.decode("utf-8", "replace") for item in tensor.string_val)
    letter, listed = _FORMATS.get(dtype, ("", ""))
    if not listed or tensor.payload_size:
        return None
    content = tensor.tensor_content
    if content:
        width = struct.calcsize(letter) if letter else 0
        if not width or len(content) % width:
            return None
        numbers = struct.unpack(f"<{len(content) // width}{letter}", content)
        return tuple(int(number) if dtype == "bool" else number for number in numbers)
    found = getattr(tensor, listed)
    if listed == "half_val":
        # Bits of 16-bit numbers.
        bits = [item & 0xFFFF for item in found]
        if dtype == "float16":
            return tuple(struct.unpack(f"<{len(bits)}e", struct.pack(f"<{len(bits)}H", *bits)))
        return tuple(struct.unpack("<f", struct.pack("<I", item << 16))[0] for item in bits)
    return tuple(int(item) if dtype == "bool" else _short(item, dtype) for item in found)


def _short(item: float, dtype: str) -> float:
    """A 32-bit number as people write it: 0.1, not 0.10000000149."""
    return float(f"{item:.7g}") if dtype == "float32" else item
