"""Tensors in an ONNX file: their shape and type, the elements of small ones, and whether the bytes can be theirs."""

from __future__ import annotations

import struct
from typing import Final

from netlint.loaders.onnx.proto import DATA_TYPES
from netlint.loaders.protobuf import Message
from netlint.model import Elements, Problem, Shape, Unknown, product, spell

#: Bits of one element. Complex numbers are two floats.
BITS: Final = {
    "float32": 32, "uint8": 8, "int8": 8, "uint16": 16, "int16": 16, "int32": 32, "int64": 64, "bool": 8,
    "float16": 16, "float64": 64, "uint32": 32, "uint64": 64, "complex64": 64, "complex128": 128, "bfloat16": 16,
    "float8e4m3fn": 8, "float8e4m3fnuz": 8, "float8e5m2": 8, "float8e5m2fnuz": 8, "float8e8m0": 8, "uint4": 4,
    "int4": 4, "float4e2m1": 4, "uint2": 2, "int2": 2,
}  # fmt: skip

#: The letters of `struct` for the types that it knows.
_LETTERS: Final = {
    "float32": "f", "float64": "d", "float16": "e", "int8": "b", "uint8": "B", "int16": "h", "uint16": "H",
    "int32": "i", "uint32": "I", "int64": "q", "uint64": "Q", "bool": "?",
}  # fmt: skip

#: The fields that hold elements one by one, and the types that stand in them (onnx.proto, TensorProto).
_FIELDS: Final = {
    4: ("float_data", ("float32", "complex64")),
    5: ("int32_data", ()),
    6: ("string_data", ("string",)),
    7: ("int64_data", ("int64",)),
    10: ("double_data", ("float64", "complex128")),
    11: ("uint64_data", ("uint32", "uint64")),
}
_FIELD_OF: Final = {name: field for field, (_, names) in _FIELDS.items() for name in names}
_INT32_FIELD: Final = 5

#: What shapes, axes and scalars need; of longer lists of fractions no rule reads the elements.
_MOST_ELEMENTS: Final = 64
_MOST_FRACTIONS: Final = 16
_MOST_AXES: Final = 64
#: `raw_data` of a TensorProto.
_RAW_FIELD: Final = 9


def dtype_of(tensor: Message) -> str:
    """The element type's name; empty for a number that is none."""
    return DATA_TYPES.get(tensor.data_type, "")


def shape_of(tensor: Message) -> Shape:
    """The dimensions as they are declared; unknown where they cannot be any tensor's."""
    dims = tuple(tensor.dims)
    if len(dims) > _MOST_AXES or (dims and min(dims) < 0):
        return Unknown("the tensor's dimensions are no shape")
    return dims


def is_external(tensor: Message) -> bool:
    """The elements lie in another file."""
    return bool(tensor.data_location == 1)


def holds_nothing(tensor: Message) -> bool:
    """No element is given at all."""
    fields = any(len(getattr(tensor, name)) for name, _ in _FIELDS.values())
    return not fields and not tensor.raw_data and not tensor.payload_field and not is_external(tensor)


def elements_of(tensor: Message, dtype: str, shape: Shape) -> Elements | None:
    """The elements of a small tensor in row-major order; None for a large one, or where they cannot be read."""
    if isinstance(shape, Unknown):
        return None
    count = product(shape)
    most = _MOST_FRACTIONS if dtype in ("float32", "float64", "float16") else _MOST_ELEMENTS
    if not isinstance(count, int) or count > most or is_external(tensor) or tensor.payload_field:
        return None
    if not count:
        return ()
    raw = tensor.raw_data
    if raw:
        letter = _LETTERS.get(dtype)
        if letter is None or len(raw) * 8 != count * BITS[dtype]:
            return None
        return struct.unpack(f"<{count}{letter}", raw)
    field = _FIELD_OF.get(dtype, _INT32_FIELD)
    if dtype not in _LETTERS and dtype != "string":
        return None
    given = tuple(getattr(tensor, _FIELDS[field][0]))
    if len(given) != count:
        return None
    if dtype == "float16":
        return tuple(struct.unpack("<e", struct.pack("<H", number & 0xFFFF))[0] for number in given)
    if dtype == "string":
        return tuple(text.decode("utf-8", "replace") for text in given)
    return tuple(map(bool, given)) if dtype == "bool" else given


def holds(tensor: Message, dtype: str, shape: Shape) -> bool:
    """Surely as many raw bytes as the shape needs, and nothing else: most tensors are such. `corrupt` says what is
    wrong with the others."""
    bits = BITS.get(dtype)
    if bits is None or not isinstance(shape, tuple) or tensor.data_location == 1 or tensor.float_data:
        return False
    raw = len(tensor.raw_data) or (tensor.payload_size if tensor.payload_field == _RAW_FIELD else 0)
    count = product(shape)
    return raw > 0 and isinstance(count, int) and raw * 8 - 8 < count * bits <= raw * 8


def corrupt(tensor: Message, what: str) -> Problem | None:
    """Why the tensor cannot be what it says; None where it can. `what` names it in the message.

    onnx/onnx.proto (TensorProto) and onnx/checker.cc (check_tensor).
    """
    dims = tuple(tensor.dims)
    dtype = dtype_of(tensor)
    if not dtype:
        return _bad(
            what, f"has the element type {tensor.data_type}, which does not exist", "use one of TensorProto.DataType"
        )
    if len(dims) > _MOST_AXES:
        return _bad(what, f"has {len(dims)} axes", "write its shape again")
    if dims and min(dims) < 0:
        return _bad(
            what, f"has the shape {spell(dims)}: a stored tensor has no negative extent", "write its true shape"
        )
    if is_external(tensor):
        return None
    count = product(dims)
    assert isinstance(count, int)
    missing = _missing(tensor, dtype, count)
    if not missing:
        return None
    return _bad(
        what, f"is {spell(dims)} of {dtype}, {missing}", "export the model again, or mend the tensor's shape or data"
    )


def _missing(tensor: Message, dtype: str, count: int) -> str:
    """How the stored bytes differ from what the shape needs, in words; empty when they agree or nobody can tell."""
    given = 0
    raw = len(tensor.raw_data) or (tensor.payload_size if tensor.payload_field == _RAW_FIELD else 0)
    bits = BITS.get(dtype)
    fields = [
        number for number, (name, _) in _FIELDS.items() if len(getattr(tensor, name)) or tensor.payload_field == number
    ]
    if raw and fields:
        return f"and holds its elements twice, in `raw_data` and in `{_FIELDS[fields[0]][0]}`"
    if dtype == "string" and raw:
        return "but holds raw bytes: texts stand in `string_data`"
    if raw or not fields:
        if bits is None:
            return "but holds nothing" if dtype == "string" and count and not fields else ""
        needed = (count * bits + 7) // 8
        return "" if raw == needed else f"which takes {needed:,} bytes, but holds {raw:,}"
    field = fields[0]
    name = _FIELDS[field][0]
    if field != _FIELD_OF.get(dtype, _INT32_FIELD):
        return f"but holds its elements in `{name}`, which is for other types"
    needed = count * 2 if dtype.startswith("complex") else count
    if tensor.payload_field == field:
        width = {4: 4, 10: 8}.get(field)
        if width is None:
            # Numbers of varying length: at least one byte each, at most ten.
            fits = (
                needed <= tensor.payload_size * (1 if BITS.get(dtype, 8) >= 8 else 4)
                and tensor.payload_size <= needed * 10
            )
            return "" if fits else f"but holds {tensor.payload_size:,} bytes, which cannot be {needed:,} elements"
        given = tensor.payload_size // width
    else:
        given = len(getattr(tensor, name))
    packed = {4: 2, 2: 4}.get(BITS.get(dtype, 8), 1)
    if field == _INT32_FIELD and packed > 1:
        # Two (or four) elements share an entry, in newer versions even eight or more: only too few are surely wrong.
        return "" if given * 8 >= needed else f"which takes {needed:,} elements, but holds {given:,} entries"
    return "" if given == needed else f"which takes {needed:,} elements, but holds {given:,}"


def _bad(what: str, why: str, remedy: str) -> Problem:
    return Problem("corrupt-tensor", f"{what} {why}", None, remedy=remedy)
