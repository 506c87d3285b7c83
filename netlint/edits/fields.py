"""Edits of fields in the protobuf text format, which keep the layout around them.

The text is parsed again, with every place in it, when a finding offers a fix: models carry the places of values only.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from netlint.finding import Edit
from netlint.loaders.text_format import Field, Message, parse
from netlint.model import Source, Span

#: A field to write: its name with a value as it stands in the text, or with the fields of a message.
New: TypeAlias = "tuple[str, str | Sequence[New]]"

Edits: TypeAlias = tuple[Edit, ...]

_BLANK: Final = " \t"
_INDENT: Final = re.compile(r"[ \t]*")
_UNIT: Final = "  "


@lru_cache(maxsize=4)
def tree(text: str) -> Message | None:
    """The fields of a text; None where it is not well-formed."""
    parsed = parse(text)
    return None if parsed.errors else parsed.root


def field_at(source: Source, offset: int) -> Field | None:
    """The field whose name, or whose value, begins at an offset."""
    found = path_to(source, offset)
    return found[-1] if found else None


def path_to(source: Source, offset: int) -> list[Field]:
    """The field whose name or value begins at an offset, behind all messages that it stands in, outermost first."""
    path: list[Field] = []
    message = tree(source.text)
    while message is not None:
        inner = _around(message.fields, offset)
        if inner is None:
            return []
        path.append(inner)
        if offset in (inner.name_start, inner.start) and (inner.message is None or offset == inner.name_start):
            return path
        message = inner.message
    return []


def _around(fields: Sequence[Field], offset: int) -> Field | None:
    """The field that holds an offset; they stand in the order of the source."""
    last = bisect_right(fields, offset, key=lambda field: field.name_start)
    first = last - 1
    # The values of a list share one name.
    while first > 0 and fields[first - 1].name_start == fields[first].name_start:
        first -= 1
    return next((field for field in fields[max(first, 0) : last] if offset < field.end), None)


def values(field: Field | None, name: str) -> list[Field]:
    """The fields of one name in a message."""
    message = field.message if field is not None else None
    return [inner for inner in message.fields if inner.name == name] if message is not None else []


def text_of(field: Field) -> str:
    """The value of a scalar field without quotes."""
    return field.text[1:-1] if field.text[:1] in ("'", '"') else field.text


def replaced(source: Source, field: Field, value: str) -> Edit:
    """Another value for a scalar field; a text keeps the kind of quotes that it has."""
    if value[:1] == '"' and field.text[:1] == "'" and "'" not in value:
        value = f"'{value[1:-1]}'"
    return Edit(Span(source, field.start, field.end), value)


def removed(source: Source, field: Field) -> Edit | None:
    """Without a field: with its line, where it stands there alone. Comments stay. None for a part of a list."""
    text, start, end = source.text, field.name_start, field.end
    if "[" in text[start + len(field.name) : field.start]:
        return None
    while text[end : end + 1] in _BLANK and text[end : end + 1]:
        end += 1
    if text[end : end + 1] not in (";", ","):
        end = field.end
    else:
        end += 1
    begin = _line_start(text, start)
    rest = _line_end(text, end)
    opens_line = not text[begin:start].strip(_BLANK)
    if opens_line and not text[end:rest].strip(_BLANK + "\r"):
        return Edit(Span(source, begin, min(rest + 1, len(text))), "")
    if opens_line:
        while text[end : end + 1] in _BLANK and text[end : end + 1]:
            end += 1
        return Edit(Span(source, start, end), "")
    while text[start - 1] in _BLANK:
        start -= 1
    return Edit(Span(source, start, end), "")


def removed_with_gap(source: Source, field: Field) -> Edit | None:
    """The same for a layer: of the blank lines around it one is left."""
    edit = removed(source, field)
    if edit is None or source.text[edit.span.end - 1 : edit.span.end] != "\n":
        return edit
    text, start, end = source.text, edit.span.start, edit.span.end
    after = _line_end(text, end)
    before = text[_line_start(text, max(start - 1, 0)) : start]
    if (not before.strip() or text[:start].rstrip(_BLANK + "\r\n") == "") and end < len(text):
        if not text[end:after].strip():
            end = min(after + 1, len(text))
        return Edit(Span(source, start, end), "")
    return edit


def inserted(source: Source, into: Field, new: Sequence[New], after: Field | None = None) -> Edit | None:
    """More fields in a message: behind `after`, or behind all that it has."""
    if into.message is None:
        return None
    text = source.text
    last = after or max(into.message.fields, key=lambda field: field.end, default=None)
    if last is None:
        written = " ".join(_inline(field) for field in new)
        opened = into.start + 1
        if text[opened : into.end - 1].strip():
            # Only comments inside.
            return None
        return Edit(Span(source, opened, into.end - 1), f" {written} ")
    end = _behind(text, last.end)
    rest = _line_end(text, end)
    begin = _line_start(text, last.name_start)
    alone = not text[end:rest].split("#", 1)[0].strip(_BLANK + "\r")
    if not alone or text.find("\n", into.start, into.end) < 0:
        return Edit(Span(source, end, end), "".join(f" {_inline(field)}" for field in new))
    indent = text[begin : last.name_start]
    if indent.strip(_BLANK):
        # It follows another one on its line.
        indent = _indent(text, begin) if _line_start(text, into.name_start) != begin else _indent(text, begin) + _UNIT
    at = rest - 1 if text[rest - 1 : rest] == "\r" and rest > end else rest
    spread = _spread(text, into)
    unit = _unit(text, into, indent)
    lines = [line for field in new for line in (_lines(field, indent, unit) if spread else [indent + _inline(field)])]
    return Edit(Span(source, at, at), "".join(f"{source.newline}{line}" for line in lines))


def prepended(source: Source, into: Field, new: New) -> Edit | None:
    """One more field in a message, before all that it has."""
    if into.message is None or not into.message.fields:
        return inserted(source, into, [new])
    first = into.message.fields[0].name_start
    begin = _line_start(source.text, first)
    indent = source.text[begin:first]
    gap = " " if indent.strip(_BLANK) else f"{source.newline}{indent}"
    return Edit(Span(source, first, first), f"{_inline(new)}{gap}")


def appended(source: Source, after: Field, new: Sequence[New]) -> Edit | None:
    """More fields behind one of the outermost ones, each on lines of its own where that one is."""
    text = source.text
    end = _behind(text, after.end)
    rest = _line_end(text, end)
    if text[end:rest].split("#", 1)[0].strip(_BLANK + "\r"):
        return Edit(Span(source, end, end), "".join(f" {_inline(field)}" for field in new))
    indent = _indent(text, _line_start(text, after.name_start))
    at = rest - 1 if text[rest - 1 : rest] == "\r" and rest > end else rest
    spread = "\n" in text[after.start : after.end]
    unit = _UNIT
    if spread and after.message is not None and after.message.fields:
        unit = _indent(text, _line_start(text, after.message.fields[0].name_start))[len(indent) :] or _UNIT
    lines = [line for field in new for line in (_lines(field, indent, unit) if spread else [indent + _inline(field)])]
    return Edit(Span(source, at, at), "".join(f"{source.newline}{line}" for line in lines))


def only(edit: Edit | None) -> Edits:
    """One edit, or none."""
    return (edit,) if edit is not None else ()


def _behind(text: str, end: int) -> int:
    """Past a separator."""
    found = _INDENT.match(text, end)
    after = found.end() if found else end
    return after + 1 if text[after : after + 1] in (";", ",") else end


def _inline(new: New) -> str:
    name, value = new
    if isinstance(value, str):
        return f"{name}: {value}"
    return f"{name} {{ {' '.join(map(_inline, value))} }}"


def _lines(new: New, indent: str, unit: str) -> Iterator[str]:
    name, value = new
    if isinstance(value, str):
        yield f"{indent}{name}: {value}"
        return
    yield f"{indent}{name} {{"
    for inner in value:
        yield from _lines(inner, indent + unit, unit)
    yield f"{indent}}}"


def _spread(text: str, field: Field) -> bool:
    """Whether messages in a message are written over several lines here: as those are that it has, or as it is."""
    inner = [other for other in field.message.fields if other.message is not None] if field.message else []
    return all("\n" in text[other.start : other.end] for other in inner)


def _unit(text: str, field: Field, indent: str) -> str:
    """By how much the fields of a message are indented."""
    own = _indent(text, _line_start(text, field.name_start))
    return indent[len(own) :] if indent.startswith(own) and len(indent) > len(own) else _UNIT


def _indent(text: str, begin: int) -> str:
    found = _INDENT.match(text, begin)
    return found[0] if found else ""


def _line_start(text: str, offset: int) -> int:
    return text.rfind("\n", 0, offset) + 1


def _line_end(text: str, offset: int) -> int:
    """The offset of a line's end: that of its last character, or the end of the text."""
    found = text.find("\n", offset)
    return found if found >= 0 else len(text)
