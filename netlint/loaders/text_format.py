"""The protobuf text format, read with the place of every name and value.

protobuf's own Python parser keeps no positions and stops at the first error; this one keeps both ends of everything
and goes on after an error, so that an editor sees the rest of the file. Grammar: protobuf.dev, "Text Format Language
Specification"; what Caffe's C++ parser accepts was measured (`<` `>` messages, `;` and `,` separators, lists,
adjacent strings, `#` comments).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from netlint.loaders.syntax import SyntaxProblem

#: protobuf refuses deeper messages as well (`io::CodedInputStream::SetRecursionLimit`, default 100).
MAX_DEPTH: Final = 100

#: After so many errors in one file more of them help nobody.
MAX_ERRORS: Final = 20


class Field:
    """One `name: value` or `name { ... }`. Offsets are character offsets into the source text."""

    __slots__ = ("end", "message", "name", "name_start", "start", "text", "value")

    def __init__(self, name: str, name_start: int, text: str, start: int, end: int) -> None:
        self.name = name
        self.name_start = name_start
        #: A scalar as written, quotes included; empty for a message.
        self.text = text
        self.start = start
        self.end = end
        self.message: Message | None = None
        #: The typed value, once the schema has been applied.
        self.value: int | float | bool | str | None = None

    @property
    def is_word(self) -> bool:
        """A scalar without quotes: a number, an enum word, true or false."""
        return self.text[:1] not in ("", "'", '"')


class Message:
    """The fields between two braces, in source order."""

    __slots__ = ("by_name", "closer", "fields")

    def __init__(self, closer: str) -> None:
        self.fields: list[Field] = []
        self.closer = closer
        #: Filled when the schema is applied: the fields that it knows, by name.
        self.by_name: dict[str, list[Field]] = {}


@dataclass(slots=True)
class Parsed:
    """The tree, whatever could be read of it, and what could not."""

    root: Message
    errors: list[SyntaxProblem] = field(default_factory=list)


# Possessive quantifiers keep every pattern linear on hostile input.
_SPACE = r"(?:[ \t\r\n\f\v]++|\#[^\n]*+)*+"
_STRING = r"""(?:"(?:[^"\\\n]|\\.)*+"|'(?:[^'\\\n]|\\.)*+')"""
_WORD = r"-?+[+.\w][-+.\w]*+"

# One match reads a whole `name: scalar` or `name {`, which is nearly every line of a real file. A scalar on another
# line than its name takes the slow way.
_GAP = r"[ \t]*+"
_ITEM = re.compile(
    rf"{_SPACE}(?:"
    rf"([A-Za-z_]\w*+)(?:{_GAP}:{_GAP}(?:({_WORD})|({_STRING})(?!{_SPACE}[\"']))|{_SPACE}:?+{_SPACE}([{{<]))"
    rf"|([}}>])|(\Z))(?:{_GAP}[;,])?+"
)
_WORD_ITEM, _STRING_ITEM, _OPEN, _CLOSE, _END = range(2, 7)

_SKIP = re.compile(_SPACE)
_NAME = re.compile(r"[A-Za-z_]\w*+|\[[^\]\n]*+\]")
_SCALAR = re.compile(rf"({_STRING}(?:{_SPACE}{_STRING})*+)|(-?+[ \t]*+{_WORD})")
_OPEN_STRING = re.compile(r"[\"'][^\n]*+")
_LINE = re.compile(r"[^\n]*+")
_STRAY = re.compile(r"[\"'][^\n]*+|[\w$./+-]++|[^\n]|")
_RESUME = re.compile(r"[^\n{}]*+(?:\n|\{|)")


def parse(text: str) -> Parsed:
    """Parse a whole file. Never raises; what is wrong is in `errors`, and the tree holds what could be read."""
    root = Message("")
    parsed = Parsed(root)
    stack: list[tuple[Message, Field | None]] = []
    current: Message = root
    owner: Field | None = None
    match_item = _ITEM.match
    add = root.fields.append
    position = 0
    while True:
        item = match_item(text, position)
        if item is None:
            position = _parse_unusual(text, position, current, parsed)
            if len(parsed.errors) >= MAX_ERRORS or position >= len(text):
                break
            continue
        position = item.end()
        which = item.lastindex or _END
        if which <= _STRING_ITEM:
            start, end = item.span(which)
            name, scalar = item.group(1, which)
            add(Field(name, item.start(1), scalar, start, end))
        elif which == _OPEN:
            if len(stack) >= MAX_DEPTH:
                at = item.start(1)
                parsed.errors.append(
                    SyntaxProblem(f"nested deeper than {MAX_DEPTH} messages: protobuf refuses it", at, item.end(_OPEN))
                )
                break
            opening = item.start(_OPEN)
            stack.append((current, owner))
            owner = Field(item[1], item.start(1), "", opening, opening + 1)
            add(owner)
            current = owner.message = Message("}" if text[opening] == "{" else ">")
            add = current.fields.append
        elif which == _CLOSE:
            at = item.start(_CLOSE)
            if owner is None:
                parsed.errors.append(
                    SyntaxProblem(f"`{text[at]}` closes nothing", at, at + 1, "remove it, or look for a missing `{`")
                )
                if len(parsed.errors) >= MAX_ERRORS:
                    break
                continue
            if text[at] != current.closer:
                parsed.errors.append(
                    SyntaxProblem(f"`{text[at]}` where `{current.closer}` must close `{owner.name}`", at, at + 1)
                )
            owner.end = at + 1
            current, owner = stack.pop()
            add = current.fields.append
        else:
            break
    if owner is not None and position >= len(text) and len(parsed.errors) < MAX_ERRORS:
        parsed.errors.append(
            SyntaxProblem(
                f"`{owner.name}` is opened here and never closed",
                owner.name_start,
                owner.start + 1,
                "add the missing `}`",
            )
        )
    for _, unclosed in [*stack, (current, owner)]:
        if unclosed is not None and unclosed.end == unclosed.start + 1:
            unclosed.end = len(text)
    return parsed


def _parse_unusual(text: str, position: int, into: Message, parsed: Parsed) -> int:
    """What the fast pattern does not cover: lists, joined strings, `- 1`, extensions, and errors. Returns the offset
    to go on from, always past `position`."""
    position = _skip(text, position)
    name = _NAME.match(text, position)
    if name is None:
        return _error(text, position, parsed, f"expected a field name, found {_found(text, position)}")
    after = _skip(text, name.end())
    if text[after : after + 1] != ":":
        return _error(text, after, parsed, f"expected `:` or `{{` after `{name[0]}`, found {_found(text, after)}")
    after = _skip(text, after + 1)
    if text[after : after + 1] == "[":
        return _parse_list(text, after, name, into, parsed)
    scalar = _SCALAR.match(text, after)
    if scalar is None:
        unterminated = _OPEN_STRING.match(text, after)
        what = "this string is not closed on its line" if unterminated else None
        return _error(text, after, parsed, what or f"`{name[0]}` has no value: found {_found(text, after)}")
    into.fields.append(Field(name[0], name.start(), scalar[0], scalar.start(), scalar.end()))
    return _skip_separator(text, scalar.end())


def _parse_list(text: str, opening: int, name: re.Match[str], into: Message, parsed: Parsed) -> int:
    """`name: [a, b]` is `name: a name: b`; a list of messages is left out of the tree."""
    position = _skip(text, opening + 1)
    while True:
        if text[position : position + 1] == "]":
            return _skip_separator(text, position + 1)
        scalar = _SCALAR.match(text, position)
        if scalar is None:
            return _error(text, position, parsed, f"expected a value in the list, found {_found(text, position)}")
        into.fields.append(Field(name[0], name.start(), scalar[0], scalar.start(), scalar.end()))
        position = _skip(text, scalar.end())
        if text[position : position + 1] == ",":
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            return _error(text, position, parsed, f"expected `,` or `]` in the list, found {_found(text, position)}")


def _error(text: str, at: int, parsed: Parsed, message: str) -> int:
    """Record an error at `at` and say where to go on: on the next line, or at the next brace of this one."""
    end = _match_end(_STRAY, text, at)
    remedy = ""
    if text.startswith(("//", "/*"), at):
        message, remedy = f"`{text[at : at + 2]}` starts no comment in this format", "comments start with `#`"
        end = _match_end(_LINE, text, at)
    parsed.errors.append(SyntaxProblem(message, at, end, remedy))
    return at if text[at : at + 1] in ("}", ">") else _match_end(_RESUME, text, end)


def _match_end(pattern: re.Pattern[str], text: str, position: int) -> int:
    """Where a pattern that always matches, if only the empty string, ends."""
    found = pattern.match(text, position)
    return found.end() if found else position


def _skip(text: str, position: int) -> int:
    return _match_end(_SKIP, text, position)


def _skip_separator(text: str, position: int) -> int:
    after = _skip(text, position)
    return after + 1 if text[after : after + 1] in (";", ",") else position


def _found(text: str, position: int) -> str:
    if position >= len(text):
        return "the end of the file"
    return f"`{text[position : min(_match_end(_STRAY, text, position), position + 40)]}`"
