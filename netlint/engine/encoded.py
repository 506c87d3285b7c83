"""A file's text and how its bytes spell it, so that a change leaves everything else as it is."""

from __future__ import annotations

from typing import Final, NamedTuple

_BOM: Final = b"\xef\xbb\xbf"


class Encoded(NamedTuple):
    """A text with what its file needs to be written again: the encoding, and whether a byte-order mark comes first."""

    text: str
    encoding: str
    marked: bool

    def bytes_of(self, text: str) -> bytes | None:
        """Another text in the same form; None where the encoding lacks a character of it."""
        try:
            return (_BOM if self.marked else b"") + text.encode(self.encoding)
        except UnicodeEncodeError:
            return None


def encoded(data: bytes) -> Encoded:
    """The text of a file: UTF-8, and byte by byte where it is none, as loaders read it."""
    marked = data.startswith(_BOM)
    try:
        return Encoded(data.removeprefix(_BOM).decode("utf-8"), "utf-8", marked)
    except UnicodeDecodeError:
        return Encoded(data.decode("latin-1"), "latin-1", False)
