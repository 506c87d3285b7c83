"""Reads the structure of a protobuf file and skips what its tensors hold, for every format that has a `Layout`.

The protobuf wire format (protobuf.dev/programming-guides/encoding) gives the length of every field before its content,
so a payload of gigabytes costs one seek. Everything else is copied as it stands; in the copy a skipped payload is
replaced by where it lies in the file. The file is read by `pread` through one window: a mapped file would count as
memory, and would kill the process when it is cut short meanwhile.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import BinaryIO, Final, TypeAlias

#: Payloads up to this size are kept: shapes, axes and scalars that shape inference needs.
KEPT_PAYLOAD: Final = 512

#: More structure than this (a million nodes have 80 MB) is no model that anybody runs.
_MOST_STRUCTURE: Final = 160 * 1024 * 1024

#: Protobuf gives up at 100 nested messages; a graph within a graph takes three.
_DEEPEST: Final = 95

#: Each message of the structure takes some bytes; millions of empty ones are an attack on memory.
_FEWEST_BYTES_EACH: Final = 4
_FREE_MESSAGES: Final = 65_536

_WINDOW: Final = 256 * 1024
_SMALL_WINDOW: Final = 4096

#: What a message is called in a layout.
Kind: TypeAlias = str


@dataclass(frozen=True, slots=True)
class Layout:
    """Where in a format's messages the payloads lie, by kind of message.

    `leads_to` names the fields that hold messages to look into, `payloads` those whose content is replaced by where it
    lies, `dropped` those that nobody needs. `place` gives the numbers of three fields of netlint's own that stand for
    a payload: its field's number, its offset and its size in bytes. `names` are for messages to people.
    """

    root: Kind
    names: Mapping[Kind, str]
    leads_to: Mapping[Kind, Mapping[int, Kind]]
    payloads: Mapping[Kind, frozenset[int]]
    place: tuple[int, int, int]
    dropped: Mapping[Kind, frozenset[int]] = field(default_factory=dict)


_NONE: Final[frozenset[int]] = frozenset()


class Malformed(Exception):
    """The bytes are no protobuf message of the kind that they should be; the message says where and why."""


@dataclass(slots=True)
class _Scan:
    """The file through a window, and what of it is kept."""

    stream: BinaryIO
    size: int
    layout: Layout
    base: int = 0
    window: bytes = b""
    span: int = 4096
    kept: int = 0
    messages: int = 0
    chunks: list[bytes] = field(default_factory=list)

    def look(self, at: int) -> None:
        """Move the window so that it begins at `at`. It is small behind a skipped payload, where another may follow,
        and grows while the file is read on."""
        jumped = at > self.base + len(self.window)
        self.span = _SMALL_WINDOW if jumped else min(self.span * 4, _WINDOW)
        self.base, self.window = at, self.read(at, self.span)

    def read(self, at: int, count: int) -> bytes:
        try:
            return os.pread(self.stream.fileno(), count, at)
        except (AttributeError, OSError):
            # In memory (or without pread): no file descriptor.
            self.stream.seek(at)
            return self.stream.read(count)

    def keep(self, start: int, end: int) -> int:
        """Copy `start` to `end`; its length."""
        length = end - start
        self._count(length)
        offset = start - self.base
        if offset >= 0 and offset + length <= len(self.window):
            self.chunks.append(self.window[offset : offset + length])
        else:
            data = self.read(start, length)
            if len(data) < length:
                raise Malformed(f"the file ends at byte {start + len(data):,}: it became shorter while it was read")
            self.chunks.append(data)
        return length

    def add(self, data: bytes) -> int:
        self._count(len(data))
        self.chunks.append(data)
        return len(data)

    def _count(self, length: int) -> None:
        self.kept += length
        if self.kept > _MOST_STRUCTURE:
            raise Malformed(
                f"it holds more than {_MOST_STRUCTURE >> 20} MiB besides its tensors: netlint reads no more structure"
            )


def structure(stream: BinaryIO, size: int, layout: Layout) -> bytes:
    """The file as a serialised message of the layout's root kind, without the payloads above `KEPT_PAYLOAD` bytes.

    Raises Malformed, and OSError when the file cannot be read.
    """
    scan = _Scan(stream, size, layout)
    scan.look(0)
    _copy(scan, 0, size, layout.root, 1)
    return b"".join(scan.chunks)


def _copy(scan: _Scan, start: int, end: int, kind: Kind, depth: int) -> int:
    """Copy one message without its payloads; the length of the copy."""
    if depth > _DEEPEST:
        raise Malformed(f"at byte {start:,} messages are nested deeper than {_DEEPEST} levels (about 30 graphs)")
    layout, name = scan.layout, scan.layout.names[kind]
    leads_to = layout.leads_to[kind]
    payloads, dropped = layout.payloads.get(kind, _NONE), layout.dropped.get(kind, _NONE)
    length = 0
    verbatim = at = start
    window, base = scan.window, scan.base
    limit = base + len(window) - 32  # a key and a length take 20 bytes at most
    while at < end:
        if (at >= limit and limit < scan.size - 32) or at < base:
            scan.look(at)
            window, base = scan.window, scan.base
            limit = base + len(window) - 32
        try:
            here = at - base
            key = window[here]
            here += 1
            if key > 0x7F:
                key, here = _varint(window, here - 1)
            wire = key & 7
            if wire == 2:
                count = window[here]
                here += 1
                if count > 0x7F:
                    count, here = _varint(window, here - 1)
                content = base + here
                after = content + count
            elif wire == 0:
                _, here = _varint(window, here)
                after = base + here
            elif wire == 5:
                after = base + here + 4
            elif wire == 1:
                after = base + here + 8
            else:
                raise Malformed(f"byte {at:,} of the file begins no field of a {name} (wire type {wire})")
        except IndexError:
            raise Malformed(f"the file ends inside a {name}, at byte {scan.size:,}") from None
        except _Overlong:
            raise Malformed(f"byte {at:,} of the file begins no field of a {name} (overlong number)") from None
        number = key >> 3
        if not number:
            raise Malformed(f"byte {at:,} of the file begins no field of a {name} (field 0)")
        if after > end:
            raise Malformed(_cut_short(scan, at, after, end, kind))
        if wire == 2:
            inner = leads_to.get(number)
            if count > KEPT_PAYLOAD and (inner is not None or number in payloads or number in dropped):
                if at > verbatim:
                    length += scan.keep(verbatim, at)
                if inner is None:
                    if number in payloads:
                        length += scan.add(_placeholder(layout.place, number, content, count))
                else:
                    # The copy's length stands before its content: leave room for it.
                    slot = len(scan.chunks)
                    scan.chunks.append(b"")
                    copied = _copy(scan, content, after, inner, depth + 1)
                    head = encoded(key) + encoded(copied)
                    scan.chunks[slot] = head
                    length += len(head) + copied
                    window, base = scan.window, scan.base
                    limit = base + len(window) - 32
                verbatim = after
            if inner is not None:
                scan.messages += 1
                if scan.messages > _FREE_MESSAGES and scan.messages * _FEWEST_BYTES_EACH > after:
                    raise Malformed(
                        f"{scan.messages:,} messages in the first {after:,} bytes: no model looks like that"
                    )
        at = after
    if end > verbatim:
        length += scan.keep(verbatim, end)
    return length


def _cut_short(scan: _Scan, at: int, after: int, end: int, kind: Kind) -> str:
    name = scan.layout.names[kind]
    if end >= scan.size or after > scan.size:
        return (
            f"the file is cut short: at byte {at:,} a {name} has a field that goes on to byte {after:,}, "
            f"but the file has {scan.size:,} bytes"
        )
    return f"at byte {at:,} a {name} has a field that goes on past the message's end at byte {end:,}"


class _Overlong(Exception):
    pass


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """(number, where it ends)."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, at
        shift += 7
        if shift > 63:
            raise _Overlong


def encoded(number: int) -> bytes:
    """A whole number as protobuf writes it, seven bits a byte."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _placeholder(fields: tuple[int, int, int], payload: int, offset: int, size: int) -> bytes:
    """Which field the payload was, where it lies, and how long it is."""
    return b"".join(
        encoded(number << 3) + encoded(value) for number, value in zip(fields, (payload, offset, size), strict=True)
    )
