"""safetensors: a header of JSON with names, types, shapes and places, then the elements, which are never read.

github.com/huggingface/safetensors, README (Format) and safetensors/src/tensor.rs (`Metadata::validate`).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from io import BytesIO
from typing import Any, BinaryIO, Final

from netlint.loaders.file import File
from netlint.loaders.torch.archive import Refused, parsed
from netlint.model import Problem, StoredTensor, product, spell

#: The library reads no longer header.
_MOST_HEADER: Final = 100_000_000

_BITS: Final = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "I16": 16, "U16": 16, "F16": 16,
    "BF16": 16, "I32": 32, "U32": 32, "F32": 32, "C64": 64, "F64": 64, "I64": 64, "U64": 64, "F4": 4, "F6_E2M3": 6,
    "F6_E3M2": 6,
}  # fmt: skip


def looks_like(head: bytes, size: int) -> bool:
    """A length that fits the file, and an object behind it."""
    if len(head) < 10 or head[8:9] != b"{":
        return False
    length = struct.unpack("<Q", head[:8])[0]
    return bool(2 <= length <= min(size - 8, _MOST_HEADER))


def contents(file: File) -> tuple[Mapping[str, tuple[StoredTensor, ...]], list[Problem]]:
    """(tensors by name, problems). Raises Refused and OSError."""
    stream: BinaryIO = BytesIO(file.content) if file.content is not None else open(file.path, "rb")  # noqa: SIM115
    with stream:
        start = stream.read(8)
        if len(start) < 8:
            raise Refused("this is no safetensors file: it has fewer than 8 bytes")
        length = struct.unpack("<Q", start)[0]
        if length > min(file.size - 8, _MOST_HEADER):
            raise Refused(f"the header claims {length:,} bytes, but the file has {file.size:,}")
        header = parsed(stream.read(length), "the header")
    found: dict[str, tuple[StoredTensor, ...]] = {}
    problems: list[Problem] = []
    room = file.size - 8 - length
    taken: list[tuple[int, int, str]] = []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        shape, wrong = _checked(entry, room)
        if wrong:
            problems.append(_corrupt(f"tensor `{name[:80]}` {wrong}"))
        else:
            taken.append((*entry["data_offsets"], name))
        if shape is not None:
            found[name] = (StoredTensor(shape),)
    end = 0
    for start_, stop, name in sorted(taken):
        if start_ != end:
            what = "overlaps the one before it" if start_ < end else f"leaves {start_ - end:,} bytes before it unused"
            problems.append(_corrupt(f"tensor `{name[:80]}` {what}"))
            break
        end = stop
    else:
        if end != room and not problems:
            problems.append(_corrupt(f"the tensors take {end:,} bytes, but the file holds {room:,}"))
    return found, problems


def _checked(entry: Any, room: int) -> tuple[tuple[int, ...] | None, str]:
    """The shape, and what is wrong with the entry."""
    if not isinstance(entry, dict):
        return None, "is described by no object"
    shape, dtype, offsets = entry.get("shape"), entry.get("dtype"), entry.get("data_offsets")
    if not isinstance(shape, list) or len(shape) > 64 or not all(_is_count(dim) for dim in shape):
        return None, "has no shape"
    dims = tuple(shape)
    if not isinstance(offsets, list) or len(offsets) != 2 or not all(_is_count(one) for one in offsets):
        return dims, "has no place in the file"
    begin, stop = offsets
    if begin > stop or stop > room:
        return dims, f"stands at bytes {begin:,} to {stop:,}, but the file holds {room:,}"
    bits = _BITS.get(dtype) if isinstance(dtype, str) else None
    count = product(dims)
    if bits is None or not isinstance(count, int):
        return dims, ""
    needed = (count * bits + 7) // 8
    if needed != stop - begin:
        return dims, f"is {spell(dims)} of {dtype}, which takes {needed:,} bytes, but its place has {stop - begin:,}"
    return dims, ""


def _is_count(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool) and 0 <= item < 2**63


def _corrupt(what: str) -> Problem:
    return Problem("corrupt-tensor", what, None, remedy="save the file again, or fetch the whole of it")
