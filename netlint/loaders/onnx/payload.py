"""One pass over what the tensors hold: figures for rules about weights, through one buffer of bounded size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from netlint.loaders.file import File
from netlint.loaders.onnx import external
from netlint.loaders.onnx.tensors import BITS, dtype_of, is_external
from netlint.loaders.protobuf import Message
from netlint.model import Statistics, Value, product

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

_BUFFER: Final = 1 << 20

#: Element types that numpy reads from raw bytes; bfloat16 is the upper half of a float32.
_NUMPY: Final = {
    "float32": "<f4", "float64": "<f8", "float16": "<f2", "bfloat16": "<u2", "int8": "i1", "uint8": "u1",
    "int16": "<i2", "uint16": "<u2", "int32": "<i4", "uint32": "<u4", "int64": "<i8", "uint64": "<u8", "bool": "u1",
}  # fmt: skip

#: The smallest normal numbers: below them precision is lost, and arithmetic is slow or flushes to zero.
_NORMAL: Final = {"float32": 2.0**-126, "float64": 2.0**-1022, "float16": 2.0**-14, "bfloat16": 2.0**-126}

#: Typed fields whose bytes in the file are plain little-endian numbers: `float_data`, `raw_data`, `double_data`.
_PLAIN_FIELDS: Final = (4, 9, 10)


def measure(tensors: Sequence[tuple[Value, Message]], file: File) -> None:
    """Give each value its `statistics`. Tensors that cannot be read keep none."""
    stream: BinaryIO = BytesIO(file.content) if file.content is not None else open(file.path, "rb")  # noqa: SIM115
    folder = os.path.dirname(os.path.abspath(file.path)) if file.content is None else ""
    with stream, _External(folder) as others:
        for value, tensor in tensors:
            dtype = dtype_of(tensor)
            if dtype not in _NUMPY or not isinstance(value.shape, tuple):
                continue
            source = _source(tensor, dtype, stream, others)
            if source is not None:
                value.statistics = _figures(dtype, source)


def _source(tensor: Message, dtype: str, stream: BinaryIO, others: _External) -> Iterator[bytes] | None:
    """The tensor's bytes, piece by piece; None where they cannot be had."""
    count = product(tuple(tensor.dims))
    if not isinstance(count, int) or count <= 0:
        return None
    size = count * BITS[dtype] // 8
    if is_external(tensor):
        stored = external.where(tensor)
        if isinstance(stored, str) or stored.length not in (None, size):
            return None
        opened = others.open(stored.location, stored.offset + size)
        return None if opened is None else _pieces(opened, stored.offset, size)
    if tensor.payload_field:
        if tensor.payload_field not in _PLAIN_FIELDS or tensor.payload_size != size:
            return _numbers(tensor, dtype, stream)
        return _pieces(stream, tensor.payload_offset, size)
    if tensor.raw_data:
        return iter((tensor.raw_data,)) if len(tensor.raw_data) == size else None
    return _listed(tensor, dtype)


def _pieces(stream: BinaryIO, offset: int, size: int) -> Iterator[bytes]:
    stream.seek(offset)
    while size > 0:
        data = stream.read(min(size, _BUFFER))
        if not data:
            return
        size -= len(data)
        yield data


def _listed(tensor: Message, dtype: str) -> Iterator[bytes] | None:
    """Elements that the message still holds one by one."""
    import numpy as np

    for name in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
        numbers = getattr(tensor, name)
        if len(numbers):
            wide = "<u2" if dtype in ("float16", "bfloat16") else _NUMPY[dtype]
            try:
                return iter((np.array(numbers).astype(wide).tobytes(),))
            except (OverflowError, ValueError):
                return None
    return None


def _numbers(tensor: Message, dtype: str, stream: BinaryIO) -> Iterator[bytes]:
    """Elements written as protobuf's numbers of varying length (`int32_data`, `int64_data`, `uint64_data`)."""
    import numpy as np

    wide = "<u2" if dtype in ("float16", "bfloat16") else _NUMPY[dtype]
    rest = np.empty(0, dtype=np.uint8)
    for piece in _pieces(stream, tensor.payload_offset, tensor.payload_size):
        data = np.concatenate([rest, np.frombuffer(piece, dtype=np.uint8)])
        ends = np.flatnonzero(data < 0x80)
        if not len(ends):
            rest = data[-16:]
            continue
        whole, rest = data[: ends[-1] + 1], data[ends[-1] + 1 :]
        starts = np.concatenate([[0], ends[:-1] + 1])
        index = np.arange(len(whole)) - np.repeat(starts, ends - starts + 1)
        parts = (whole & 0x7F).astype(np.uint64) << (7 * np.minimum(index, 9)).astype(np.uint64)
        yield np.add.reduceat(parts, starts).astype(np.int64).astype(wide).tobytes()


@dataclass(slots=True)
class _External:
    """Data files beside the model, opened one at a time, and only regular files within its folder."""

    folder: str
    path: str = ""
    stream: BinaryIO | None = None
    refused: set[str] = field(default_factory=set)

    def __enter__(self) -> _External:
        return self

    def __exit__(self, *_: object) -> None:
        if self.stream is not None:
            self.stream.close()

    def open(self, location: str, needed: int) -> BinaryIO | None:
        """The file, if it is harmless and has the bytes."""
        if not self.folder or location in self.refused:
            return None
        if location != self.path:
            if self.stream is not None:
                self.stream.close()
                self.stream, self.path = None, ""
            size = external.size(self.folder, location)
            if size is None:
                self.refused.add(location)
                return None
            flags = (
                os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
            )
            try:
                self.stream = os.fdopen(os.open(os.path.join(self.folder, location), flags), "rb")
            except OSError:
                self.refused.add(location)
                return None
            self.path = location
        assert self.stream is not None
        return self.stream if os.fstat(self.stream.fileno()).st_size >= needed else None


def _figures(dtype: str, pieces: Iterator[bytes]) -> Statistics | None:
    import numpy as np

    digest = blake2b(dtype.encode(), digest_size=16)
    count = nans = infinities = zeros = denormals = 0
    low, high, smallest = np.inf, -np.inf, np.inf
    normal = _NORMAL.get(dtype)
    floating = normal is not None
    for piece in pieces:
        digest.update(piece)
        data = _decode(dtype, piece)
        count += len(data)
        magnitude: Array = np.abs(data) if floating else data
        least, most = float(data.min()), float(data.max())
        if floating and not (np.isfinite(least) and np.isfinite(most)):
            bad = int(np.isnan(data).sum())
            nans += bad
            infinities += int(np.isinf(data).sum())
            data = data[np.isfinite(data)]
            if not len(data):
                continue
            least, most, magnitude = float(data.min()), float(data.max()), np.abs(data)
        low, high = min(low, least), max(high, most)
        if least <= 0 <= most:
            zeros += len(data) - int(np.count_nonzero(data))
        if floating and normal is not None:
            small = magnitude[(magnitude < normal) & (magnitude > 0)]
            denormals += len(small)
            positive = magnitude[magnitude > 0] if len(magnitude) else magnitude
            if len(positive):
                smallest = min(smallest, float(positive.min()))
    if not count:
        return None
    if low > high:
        low = high = 0.0
    return Statistics(
        count, float(low), float(high), nans, infinities, zeros, denormals,
        float(smallest) if np.isfinite(smallest) else 0.0, digest.digest(),
    )  # fmt: skip


def _decode(dtype: str, piece: bytes) -> Array:
    import numpy as np

    data: Array = np.frombuffer(piece, dtype=_NUMPY[dtype])
    if dtype == "bfloat16":
        data = (data.astype(np.uint32) << 16).view(np.float32)
    return data.astype(np.float32) if dtype == "float16" else data
