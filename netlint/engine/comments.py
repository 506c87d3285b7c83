"""Comments that silence findings, as they stand in a file: `# netlint: ignore[rule, ...] reason`.

`ignore` speaks of its line, or of the layer that begins there; `ignore-file`, above the definition, of the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from netlint.model import Source, Span

_COMMENT: Final = re.compile(
    r"(?:#|%|//)[ \t]*netlint:[ \t]*(?P<word>ignore(?![a-z])(?:-[a-z]*)*)(?:[ \t]*\[(?P<rules>[^\]\n]*)(?P<end>\]?))?"
)
_NAME: Final = re.compile(r"[^\s,]+(?:[ \t]+[^\s,]+)*")
#: What decides on the way through a line whether it is inside a string: a whole string, a comment's sign, or a quote
#: that nothing closes.
_TOKEN: Final = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|#|%|//|[\"']")
#: Blank lines and comments, a byte-order mark before them.
_PREAMBLE: Final = re.compile(r"\ufeff?(?:[ \t]*(?:(?:#|%|//)[^\n]*)?(?:\n|\Z))*")


class Comment(NamedTuple):
    """One comment: its word (`ignore`, `ignore-file`, or what somebody wrote instead), and the rules that it names.

    `names` is None where there are no brackets; `closed` is false where they never close.
    """

    word: str
    names: tuple[tuple[str, Span], ...] | None
    closed: bool
    line: int
    span: Span
    #: Above the definition, where `ignore-file` belongs.
    on_top: bool
    #: The offset of the comment's sign.
    begin: int

    @property
    def silences_file(self) -> bool:
        return self.word == "ignore-file" and self.on_top and self.closed

    @property
    def silences_line(self) -> bool:
        return self.word == "ignore" and self.closed


def comments(source: Source) -> Iterator[Comment]:
    """Every comment that wants to silence something; none in a binary file."""
    if source.binary or "netlint:" not in source.text:
        return
    preamble = _PREAMBLE.match(source.text)
    top = preamble.end() if preamble else 0
    last, begin = 0, 0
    for found in _COMMENT.finditer(source.text):
        line, column = source.position(found.start())
        if line != last:
            last, begin = line, comment_column(source.line(line))
        if column <= begin:
            continue
        names = None
        if found["rules"] is not None:
            entries = _NAME.finditer(source.text, found.start("rules"), found.end("rules"))
            names = tuple((entry[0], Span(source, entry.start(), entry.end())) for entry in entries)
        span = Span(source, found.start("word"), found.end())
        on_top = found.start() < top
        yield Comment(found["word"], names, bool(found["end"]), line, span, on_top, found.start())


def comment_column(line: str) -> int:
    """The offset at which the comment of a line begins, outside of strings; past its end where there is none."""
    for token in _TOKEN.finditer(line):
        if token[0] in ("#", "%", "//"):
            return token.start()
        if len(token[0]) == 1:
            break
    return len(line) + 1
