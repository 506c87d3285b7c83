"""Places in a text as the protocol counts them: lines from 0, columns in the units that client and server agreed on."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from lsprotocol import types

#: What ends a line in the protocol (LSP 3.17, Position): netlint's own lines end at `\n` alone.
_LINE_END: Final = re.compile(r"\r\n|\n|\r")

#: Python's name of an encoding, and the bytes of one unit.
_UNITS: Final[dict[str, tuple[str, int]]] = {
    "utf-8": ("utf-8", 1),
    "utf-16": ("utf-16-le", 2),
    "utf-32": ("utf-32-le", 4),
}


class Lines:
    """One text. Offsets count its characters."""

    def __init__(self, text: str, encoding: str = "utf-16") -> None:
        self.text = text
        self._codec, self._width = _UNITS[encoding]
        self._ascii = text.isascii()
        self._starts = [0, *(end.end() for end in _LINE_END.finditer(text))]

    def position(self, offset: int) -> types.Position:
        """Where a character stands; the end of the text for what lies behind it."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self._starts, offset) - 1
        before = self.text[self._starts[line] : offset]
        return types.Position(line, len(before) if self._ascii else self._count(before))

    def range(self, start: int, end: int) -> types.Range:
        """The stretch from `start` up to and not including `end`."""
        return types.Range(self.position(start), self.position(end))

    def offset(self, position: types.Position) -> int:
        """The character at a place; the end of its line for a column behind it, the end of the text for such a line."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        end = self._starts[position.line + 1] if position.line + 1 < len(self._starts) else len(self.text)
        line = self.text[start:end].rstrip("\r\n")
        if self._ascii:
            return start + min(position.character, len(line))
        units = 0
        for index, character in enumerate(line):
            if units >= position.character:
                return start + index
            units += self._count(character)
        return start + len(line)

    def _count(self, text: str) -> int:
        return len(text.encode(self._codec, "surrogatepass")) // self._width

    def line_before(self, offset: int) -> str:
        """What stands before a character in its line."""
        return self.text[self._starts[bisect_right(self._starts, offset) - 1] : offset]
