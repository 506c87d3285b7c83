"""One pass over what the tensors hold: figures for rules about weights, through one buffer of bounded size."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeAlias

from netlint.loaders.file import File
from netlint.loaders.onnx import external
from netlint.loaders.onnx.tensors import BITS, dtype_of, is_external
from netlint.loaders.protobuf import Message
from netlint.loaders.reads import note
from netlint.model import Statistics, Value, product

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

Bytes: TypeAlias = bytes | memoryview

#: Small enough to stay in a processor's cache between the passes over it.
_BUFFER: Final = 1 << 18

#: Element types that numpy reads from raw bytes; bfloat16 is the upper half of a float32.
_NUMPY: Final = {
    "float32": "<f4", "float64": "<f8", "float16": "<f2", "bfloat16": "<u2", "int8": "i1", "uint8": "u1",
    "int16": "<i2", "uint16": "<u2", "int32": "<i4", "uint32": "<u4", "int64": "<i8", "uint64": "<u8", "bool": "u1",
}  # fmt: skip

#: The smallest normal numbers: below them precision is lost, and arithmetic is slow or flushes to zero.
_NORMAL: Final = {"float32": 2.0**-126, "float64": 2.0**-1022, "float16": 2.0**-14, "bfloat16": 2.0**-126}

#: Typed fields whose bytes in the file are plain little-endian numbers: `float_data`, `raw_data`, `double_data`.
_PLAIN_FIELDS: Final = (4, 9, 10)


class _Measured(NamedTuple):
    value: Value
    tensor: Message
    dtype: str


def measure(tensors: Sequence[tuple[Value, Message]], file: File) -> None:
    """Give each value its `statistics`. Tensors that cannot be read keep none."""
    stream: BinaryIO = BytesIO(file.content) if file.content is not None else open(file.path, "rb")  # noqa: SIM115
    folder = os.path.dirname(os.path.abspath(file.path)) if file.content is None else ""
    measured: list[_Measured] = []
    with stream, _External(folder) as others:
        for value, tensor in tensors:
            dtype = dtype_of(tensor)
            if dtype not in _NUMPY or not isinstance(value.shape, tuple):
                continue
            source = _source(tensor, dtype, stream, others)
            if source is not None:
                value.statistics = _figures(dtype, source)
                measured.append(_Measured(value, tensor, dtype))
        _tell_apart(measured, stream, others)


def _source(tensor: Message, dtype: str, stream: BinaryIO, others: _External) -> Iterator[Bytes] | None:
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


def _pieces(stream: BinaryIO, offset: int, size: int) -> Iterator[Bytes]:
    """One buffer, filled again and again: a piece holds good until the next one."""
    stream.seek(offset)
    buffer = memoryview(bytearray(min(size, _BUFFER)))
    while size > 0:
        read = stream.readinto(buffer[: min(size, _BUFFER)])  # type: ignore[attr-defined] # missing in BinaryIO
        if not read:
            return
        size -= read
        yield buffer[:read]


def _listed(tensor: Message, dtype: str) -> Iterator[Bytes] | None:
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


def _numbers(tensor: Message, dtype: str, stream: BinaryIO) -> Iterator[Bytes]:
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
            path = os.path.join(self.folder, location)
            note("content", path)
            try:
                self.stream = os.fdopen(os.open(path, flags), "rb")
            except OSError:
                self.refused.add(location)
                return None
            self.path = location
        assert self.stream is not None
        return self.stream if os.fstat(self.stream.fileno()).st_size >= needed else None


def _figures(dtype: str, pieces: Iterator[Bytes]) -> Statistics | None:
    import numpy as np

    count = nans = infinities = zeros = denormals = 0
    low, high, smallest = np.inf, -np.inf, np.inf
    normal = _NORMAL.get(dtype)
    for piece in pieces:
        data = _decode(dtype, piece)
        count += len(data)
        least, most = float(data.min()), float(data.max())
        if normal is not None and not (np.isfinite(least) and np.isfinite(most)):
            nans += int(np.isnan(data).sum())
            infinities += int(np.isinf(data).sum())
            data = data[np.isfinite(data)]
            if not len(data):
                continue
            least, most = float(data.min()), float(data.max())
        low, high = min(low, least), max(high, most)
        if least > 0 or most < 0:
            blank = 0
        elif least == most:
            blank = len(data)
        else:
            blank = len(data) - int(np.count_nonzero(data))
        zeros += blank
        if normal is not None and blank < len(data) and least < normal and most > -normal:
            magnitude = np.abs(data)
            small = magnitude < normal
            found = int(np.count_nonzero(small)) - blank
            if found:
                denormals += found
                smallest = min(smallest, float(magnitude[small & (magnitude > 0)].min()))
    if not count:
        return None
    if low > high:
        low = high = 0.0
    return Statistics(
        count, float(low), float(high), nans, infinities, zeros, denormals, float(smallest) if denormals else 0.0
    )


def _tell_apart(measured: list[_Measured], stream: BinaryIO, others: _External) -> None:
    """Digests for tensors whose figures coincide. Most differ by now, and hashing costs more than all figures; those
    of one number throughout are told by it."""
    alike: dict[tuple[object, ...], list[_Measured]] = {}
    for one in measured:
        figures = one.value.statistics
        if figures is not None:
            alike.setdefault((one.dtype, one.value.shape, figures), []).append(one)
    for group in alike.values():
        for one in group if len(group) > 1 else ():
            figures = one.value.statistics
            if figures is None:
                continue
            digest = blake2b(f"{one.dtype} {figures}".encode(), digest_size=16)
            if not figures.constant:
                for piece in _source(one.tensor, one.dtype, stream, others) or ():
                    digest.update(piece)
            one.value.statistics = replace(figures, digest=digest.digest())


def _decode(dtype: str, piece: Bytes) -> Array:
    import numpy as np

    data: Array = np.frombuffer(piece, dtype=_NUMPY[dtype])
    if dtype == "bfloat16":
        data = (data.astype(np.uint32) << 16).view(np.float32)
    return data.astype(np.float32) if dtype == "float16" else data
