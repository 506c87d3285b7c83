"""Source text and places in it."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(eq=False)
class Source:
    """One file as it was read. Offsets count characters of `text`; lines and columns are 1-based."""

    path: str
    text: str = ""
    #: The file cannot be shown as text: places in it are logical (node names) and findings stand at line 1.
    binary: bool = field(default=False)

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of a character offset, both 1-based."""
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    def offset(self, line: int, column: int = 1) -> int:
        """The character offset of a place in the text (both numbers are 1-based); the end of the text past its last
        line."""
        starts = self._line_starts
        return starts[line - 1] + column - 1 if 1 <= line <= len(starts) else len(self.text)

    def line(self, number: int) -> str:
        """The text of line `number` (1-based) without its line ending; empty past the end."""
        if not 1 <= number <= len(self._line_starts):
            return ""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of source text, from `start` up to and not including `end` (character offsets).

    `end_column` is exclusive, as in the Language Server Protocol: it is the column right after the last character.
    """

    source: Source
    start: int
    end: int

    @property
    def path(self) -> str:
        return self.source.path

    @property
    def pointer(self) -> str:
        """The logical place in a source without lines, such as `config.json#/config/layers/3`; empty in a text."""
        return ""

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def end_line(self) -> int:
        return self.source.position(self.end)[0]

    @property
    def end_column(self) -> int:
        return self.source.position(self.end)[1]
