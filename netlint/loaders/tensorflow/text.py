"""Text forms (`.pbtxt`): the tree of names and values becomes the same messages that a binary file has, with places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from netlint.loaders.protobuf import Message
from netlint.loaders.tensorflow.proto import TYPE_WORDS
from netlint.loaders.text_format import Field
from netlint.loaders.text_format import Message as Tree
from netlint.model import Problem, Source, Span

#: Numbers of `FieldDescriptor.CPPTYPE_*`.
_INTEGERS: Final = {1: (-(2**31), 2**31), 2: (-(2**63), 2**63), 3: (0, 2**32), 4: (0, 2**64)}
_FLOATS: Final = (5, 6)
_BOOL, _STRING, _MESSAGE = 7, 9, 10
_BYTES: Final = 12

#: Only these say where they stand: elements of weights come in millions.
_PLACED: Final = ("NodeDef", "AttrEntry")
_MOST_PROBLEMS: Final = 20

_PIECE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_WORDS: Final = {"true": 1, "True": 1, "t": 1, "false": 0, "False": 0, "f": 0}


@dataclass(slots=True)
class Reading:
    """What did not fit while a tree was read."""

    source: Source
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, item: Field, message: str) -> None:
        if len(self.problems) < _MOST_PROBLEMS:
            end = item.end if item.message is None else item.name_start + len(item.name)
            start = item.start if item.message is None else item.name_start
            self.problems.append(Problem("syntax", message, Span(self.source, start, end)))


def fill(into: Message, tree: Tree, reading: Reading) -> None:
    """Put the fields of a tree into a message. Fields that the message does not have are left out: TensorFlow has many
    that no graph needs."""
    waiting: list[tuple[Message, Tree]] = [(into, tree)]
    while waiting:
        message, branch = waiting.pop()
        described = message.DESCRIPTOR.fields_by_name
        for item in branch.fields:
            known = described.get(item.name)
            if known is None or known.number >= 1000:
                continue
            if known.cpp_type == _MESSAGE:
                if item.message is None:
                    reading.wrong(item, f"`{item.name}` needs a message in braces, not `{item.text[:40]}`")
                    continue
                target = getattr(message, item.name)
                inner = target.add() if known.is_repeated else target
                # An empty message is there all the same.
                inner.SetInParent()
                _placed(inner, item)
                waiting.append((inner, item.message))
            elif item.message is not None:
                reading.wrong(item, f"`{item.name}` needs a value, not a message")
            else:
                value = _scalar(item, known, reading)
                if value is None:
                    continue
                if known.is_repeated:
                    getattr(message, item.name).append(value)
                else:
                    setattr(message, item.name, value)
                _placed_name(message, item)


def _placed(message: Message, item: Field) -> None:
    name = message.DESCRIPTOR.name
    if name == "NodeDef":
        message.block.start, message.block.end = item.name_start, item.end
    elif name == "AttrEntry" and item.message is not None:
        # The place of an attribute is its value's, as narrow as it can be.
        value: Field | None = item
        while value is not None and value.message is not None:
            inner: list[Field] = [one for one in value.message.fields if one.name != "key"]
            if len(inner) != 1:
                break
            value = inner[0]
        spot = value or item
        message.span.start = spot.start if spot.message is None else spot.name_start
        message.span.end = spot.end


def _placed_name(message: Message, item: Field) -> None:
    if message.DESCRIPTOR.name != "NodeDef":
        return
    place = {"name": "span", "op": "op_span"}.get(item.name)
    if place is not None:
        spot = getattr(message, place)
    elif item.name == "input":
        spot = message.input_spans.add()
    else:
        return
    spot.start, spot.end = item.start, item.end


def _scalar(item: Field, known: Any, reading: Reading) -> int | float | str | bytes | bool | None:
    """The typed value; None (and a problem) where the text is none of the field's type."""
    kind, text = known.cpp_type, item.text
    if kind == _STRING:
        content = _unquoted(text)
        if content is None:
            reading.wrong(item, f"`{item.name}` needs a text in quotes, not `{text[:40]}`")
            return None
        if known.type == _BYTES:
            return content
        try:
            return content.decode()
        except UnicodeDecodeError:
            reading.wrong(item, f"`{item.name}` is no UTF-8 text")
            return None
    word = text.replace(" ", "").replace("\t", "")
    try:
        if kind in _INTEGERS:
            number = TYPE_WORDS.get(word)
            if number is None:
                number = _type_word(word)
            low, high = _INTEGERS[kind]
            if low <= number < high:
                return number
        elif kind in _FLOATS:
            return float(word.rstrip("fF") if word[-1:] in "fF" and "inf" not in word.lower() else word)
        elif kind == _BOOL:
            return bool(_WORDS[word] if word in _WORDS else int(word, 0))
    except (KeyError, ValueError):
        pass
    reading.wrong(item, f"`{item.name}` cannot be `{text[:40]}`")
    return None


def _type_word(word: str) -> int:
    """`DT_FLOAT_REF` is 100 more than its type. Raises ValueError for no number at all."""
    if word.endswith("_REF") and word[:-4] in TYPE_WORDS:
        return 100 + TYPE_WORDS[word[:-4]]
    if len(word) > 24:
        raise ValueError(word)
    return int(word, 8 if re.fullmatch(r"-?0\d+", word) else 0)


def _unquoted(text: str) -> bytes | None:
    """The bytes of a quoted text, pieces side by side being joined; None for a word without quotes."""
    if text[:1] not in ("'", '"'):
        return None
    return b"".join(_bytes_of(piece[1] if piece[1] is not None else piece[2]) for piece in _PIECE.finditer(text))


def _bytes_of(piece: str) -> bytes:
    if "\\" not in piece:
        return piece.encode()
    return b"".join(_pieces(piece))


def _pieces(piece: str) -> Iterator[bytes]:
    at = 0
    for escape in _ESCAPE.finditer(piece):
        yield piece[at : escape.start()].encode()
        octal, hexadecimal, short, long, other = escape.groups()
        if octal is not None:
            yield bytes((int(octal, 8) & 0xFF,))
        elif hexadecimal is not None:
            yield bytes((int(hexadecimal, 16),))
        elif short is not None or long is not None:
            code = int(short or long, 16)
            yield chr(code).encode("utf-8", "replace") if code < 0x110000 else b"?"
        else:
            yield _PLAIN.get(other, other).encode()
        at = escape.end()
    yield piece[at:].encode()
