"""Edits applied to a text; nothing here knows files or rules. Editors use it as well."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netlint.finding import Edit, Finding
from netlint.model.source import Span, line_end


class Overlap(ValueError):
    """Two edits change one stretch of a text."""


@dataclass(frozen=True, slots=True, order=True)
class TextEdit:
    """Replace the characters from `start` up to and not including `end`; an insertion where both are the same."""

    start: int
    end: int
    text: str


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """The text with all edits, whose offsets are those of `text`. Raises Overlap, and ValueError for offsets outside.

    Insertions at one place stand in the order in which they are given. Line ends of what is written are those of the
    text.
    """
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    newline = line_end(text)
    parts: list[str] = []
    position = 0
    for edit in ordered:
        if not 0 <= edit.start <= edit.end <= len(text):
            raise ValueError(f"an edit at {edit.start} to {edit.end}, in a text of {len(text)} characters")
        if edit.start < position:
            raise Overlap(f"two edits change the text around offset {edit.start}")
        parts += (text[position : edit.start], with_line_end(edit.text, newline))
        position = edit.end
    parts.append(text[position:])
    return "".join(parts)


def text_edits(finding: Finding, path: str) -> list[TextEdit]:
    """What the fix of a finding changes in the text of the file at `path`, as findings name it: nothing where the fix
    is advice, or means a place without text."""
    edits = finding.fix.edits if finding.fix is not None else ()
    return [text_edit(edit) for edit in edits if edit.span.path == path and is_textual(edit)]


def joined(edits: Sequence[Edit]) -> Edit:
    """The edits of one text as a single one, with what stands between them."""
    source = edits[0].span.source
    start, end = min(edit.span.start for edit in edits), max(edit.span.end for edit in edits)
    inside = [TextEdit(edit.span.start - start, edit.span.end - start, edit.replacement) for edit in edits]
    return Edit(Span(source, start, end), apply_edits(source.text[start:end], inside))


def text_edit(edit: Edit) -> TextEdit:
    """An edit by its offsets."""
    return TextEdit(edit.span.start, edit.span.end, edit.replacement)


def is_textual(edit: Edit) -> bool:
    """Whether an edit means a place in a text, not in a binary file or a model in memory."""
    return not edit.span.pointer and not edit.span.source.binary


def touch(one: Sequence[TextEdit], other: Sequence[TextEdit]) -> bool:
    """Whether two fixes of one text stand in each other's way: a common stretch, or insertions at one place."""
    return any(_touch(first, second) for first in one for second in other)


def _touch(one: TextEdit, other: TextEdit) -> bool:
    if one.start == one.end or other.start == other.end:
        # An insertion at the border of another edit would depend on which one comes first.
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def with_line_end(text: str, newline: str) -> str:
    """The text with these line ends."""
    if newline == "\n" or "\n" not in text:
        return text
    return text.replace("\r\n", "\n").replace("\n", newline)
