"""Source text and places in it."""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple

#: A longer line is no place of its own: of a definition on one line, only what is meant counts.
LONGEST_LINE: Final = 200
#: What is shown of a longer line: so many characters before the place that is meant, so many altogether.
_BEFORE: Final = 40
_SHOWN: Final = _BEFORE + LONGEST_LINE


def line_end(text: str) -> str:
    r"""How the lines of a text end: `\r\n` where the first one does, else `\n`."""
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


@dataclass(eq=False)
class Source:
    """One file as it was read. Offsets count characters of `text`; lines and columns are 1-based."""

    path: str
    #: A finding that is printed does not show whole files.
    text: str = field(default="", repr=False)
    #: The file cannot be shown as text: places in it are logical (node names) and findings stand at line 1.
    binary: bool = field(default=False)

    @property
    def newline(self) -> str:
        """How its lines end."""
        return line_end(self.text)

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


class Excerpt(NamedTuple):
    """The line on which a span begins; of a long one the characters around its beginning."""

    text: str
    #: How many characters of the line come before the text.
    skipped: int
    #: The characters of the whole line.
    length: int

    def meant(self, column: int, count: int) -> str:
        """What a span is about that begins at `column` (1-based) and has `count` characters: its line, or the span
        itself in a long line."""
        if self.length <= LONGEST_LINE:
            return self.text
        start = column - 1 - self.skipped
        return self.text[start : start + min(count, LONGEST_LINE)]


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

    @property
    def excerpt(self) -> Excerpt:
        """What can be shown of the text."""
        line = self.source.line(self.line)
        if len(line) <= LONGEST_LINE:
            return Excerpt(line, 0, len(line))
        skipped = max(self.column - 1 - _BEFORE, 0)
        start = self.start - (self.column - 1) + skipped
        return Excerpt(self.source.text[start : start + _SHOWN], skipped, len(line))

    @property
    def meant(self) -> str:
        """The line that is meant, or what of a long one."""
        return self.excerpt.meant(self.column, self.end - self.start)

    @property
    def byte_columns(self) -> tuple[int, int]:
        """The columns of both ends counted in bytes of UTF-8, 1-based."""
        return self._bytes_before(self.start), self._bytes_before(self.end)

    def _bytes_before(self, offset: int) -> int:
        column = self.source.position(offset)[1]
        return len(self.source.text[offset - column + 1 : offset].encode("utf-8", "surrogatepass")) + 1


class Kept(NamedTuple):
    """What is kept of a span without the text around it; its properties are those of `Span`."""

    start: int
    end: int
    line: int
    column: int
    end_line: int
    end_column: int
    byte_columns: tuple[int, int]
    pointer: str = ""
    excerpt: Excerpt = Excerpt("", 0, 0)

    @classmethod
    def of(cls, span: Span, *, shown: bool) -> "Kept":
        """All of it; with `shown` also the excerpt, where the source is a text."""
        binary = span.source.binary
        return cls(
            span.start,
            span.end,
            span.line,
            span.column,
            span.end_line,
            span.end_column,
            (1, 1) if binary else span.byte_columns,
            span.pointer,
            span.excerpt if shown and not binary else Excerpt("", 0, 0),
        )


class KeptSpan(Span):
    """A span whose source has lost its text: findings outlive the files that they are about."""

    __slots__ = ("kept",)
    kept: Kept

    def __init__(self, source: Source, kept: Kept) -> None:
        for name, value in (("source", source), ("start", kept.start), ("end", kept.end), ("kept", kept)):
            object.__setattr__(self, name, value)

    @property
    def pointer(self) -> str:
        return self.kept.pointer

    @property
    def line(self) -> int:
        return self.kept.line

    @property
    def column(self) -> int:
        return self.kept.column

    @property
    def end_line(self) -> int:
        return self.kept.end_line

    @property
    def end_column(self) -> int:
        return self.kept.end_column

    @property
    def excerpt(self) -> Excerpt:
        return self.kept.excerpt

    @property
    def byte_columns(self) -> tuple[int, int]:
        return self.kept.byte_columns
