"""Caffe's message schema as data, and its application to a parsed file.

`schema.txt` holds BVLC's messages, fields, types, defaults and enums; `fork_schema.txt` what the forks add, which is
read when a file has a field that BVLC lacks. Applying the schema types every scalar and files each field under its
name. It is advisory: what no table knows is reported and left out, and everything else is still read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from netlint.loaders.text_format import Field, Message

_HERE: Final = Path(__file__).parent

Scalar: TypeAlias = int | float | bool | str


@dataclass(frozen=True, slots=True)
class FieldType:
    """One field of a message: its type's name, whether it repeats, and the default that Caffe gives it."""

    type: str
    repeated: bool
    default: Scalar | None
    #: Turns the text of a scalar into its value, or raises ValueError with what was expected; None for a message.
    convert: Callable[[str], Scalar] | None
    #: The words of an enum; empty for other types.
    words: frozenset[str] = frozenset()


@dataclass(slots=True)
class Application:
    """What applying the schema brought to light."""

    #: (message type, field) for every field that BVLC's message does not have; those of forks are typed all the same.
    unknown: list[tuple[str, Field]] = field(default_factory=list)
    #: (enum type, field) for every enum word that is none of BVLC's; the word itself is kept as the value.
    foreign: list[tuple[str, Field]] = field(default_factory=list)
    duplicates: list[tuple[str, Field, Field]] = field(default_factory=list)
    invalid: list[tuple[Field, str]] = field(default_factory=list)


_INTEGER = re.compile(r"-?[ \t]*(?:0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(
    r"-?[ \t]*(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?[fF]?|inf(?:inity)?|nan)", re.IGNORECASE
)
_PIECE = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'")
_BOOL: Final = {
    "true": True,
    "True": True,
    "t": True,
    "1": True,
    "false": False,
    "False": False,
    "f": False,
    "0": False,
}


def _integer(low: int, high: int) -> Callable[[str], Scalar]:
    def convert(text: str) -> Scalar:
        if not _INTEGER.fullmatch(text):
            raise ValueError("a whole number")
        digits = text.replace(" ", "").replace("\t", "")
        octal = re.fullmatch(r"-?0[0-7]+", digits)
        value = int(digits, 8) if octal else int(digits, 0)
        if not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return convert


def _float(text: str) -> Scalar:
    if not _FLOAT.fullmatch(text):
        raise ValueError("a number")
    return float(text.replace(" ", "").replace("\t", "").rstrip("fF") if "in" not in text.lower() else text)


def _bool(text: str) -> Scalar:
    if text not in _BOOL:
        raise ValueError("true or false")
    return _BOOL[text]


def _string(text: str) -> Scalar:
    if text[0] not in "\"'":
        raise ValueError("a quoted string")
    if len(text) > 1 and "\\" not in text and text.count(text[0]) == 2:
        return text[1:-1]
    return "".join(_unescape(double or single) for double, single in _PIECE.findall(text))


def _unescape(text: str) -> str:
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), text)


#: Types of V1 layers are enum words. A quoted one is a layer of today's format under the old keyword, told as such.
_QUOTABLE: Final = "V1LayerParameter.LayerType"


def _enum(values: Mapping[str, int], *, quotable: bool) -> Callable[[str], Scalar]:
    names = {number: word for word, number in values.items()}

    def convert(text: str) -> Scalar:
        if text.isidentifier() or (quotable and text.strip("\"'").isidentifier()):
            return text
        if text.isdecimal() and int(text) in names:
            return names[int(text)]
        raise ValueError(f"one of {', '.join(list(values)[:8])}{', ...' if len(values) > 8 else ''} (without quotes)")

    return convert


_SCALARS: Final[Mapping[str, Callable[[str], Scalar]]] = {
    "uint32": cache(_integer(0, 2**32 - 1)),
    "uint64": cache(_integer(0, 2**64 - 1)),
    "int32": cache(_integer(-(2**31), 2**31 - 1)),
    "int64": cache(_integer(-(2**63), 2**63 - 1)),
    "float": cache(_float),
    "double": cache(_float),
    "bool": cache(_bool),
    "string": cache(_string),
    "bytes": cache(_string),
}

_ZERO: Final[Mapping[str, Scalar]] = {"string": "", "bytes": "", "bool": False, "float": 0.0, "double": 0.0}


Fields: TypeAlias = Mapping[str, FieldType]


@cache
def schema() -> Mapping[str, Fields]:
    """Every BVLC message: field name -> type."""
    return _table(_HERE / "schema.txt", {})


@cache
def fork_schema() -> Mapping[str, Fields]:
    """The messages that forks of Caffe add, and the fields that they add to BVLC's messages."""
    own = {kind.type: kind for fields in schema().values() for kind in fields.values() if kind.words}
    return _table(_HERE / "fork_schema.txt", own)


def fields_of(message: str) -> Fields:
    """The fields of a message type: of BVLC's as BVLC has it, of a fork's as the forks have it."""
    fields = schema().get(message)
    return fork_schema()[message] if fields is None else fields


def _table(path: Path, known: Mapping[str, FieldType]) -> Mapping[str, Fields]:
    """The messages of a file. `known` are fields of the enums that it uses without saying their words."""
    enums: dict[str, Callable[[str], Scalar]] = {
        name: kind.convert for name, kind in known.items() if kind.convert is not None
    }
    words: dict[str, frozenset[str]] = {name: kind.words for name, kind in known.items()}
    first_value: dict[str, str] = {}
    messages: dict[str, dict[str, FieldType]] = {}
    for keyword, name, entries in _lines(path):
        if keyword == "enum":
            pairs = [entry.split(":") for entry in entries]
            enums[name] = cache(_enum({word: int(number) for word, number in pairs}, quotable=name == _QUOTABLE))
            words[name] = frozenset(word for word, _ in pairs)
            first_value[name] = pairs[0][0]
        else:
            fields = messages[name] = {}
            for entry in entries:
                declaration, _, default = entry.partition("=")
                field_name, _, kind = declaration.partition(":")
                kind, repeated = kind.rstrip("*"), kind.endswith("*")
                convert = _SCALARS.get(kind) or enums.get(kind)
                value: Scalar | None = None
                if convert is not None and not repeated:
                    value = _default(kind, default, convert, first_value)
                fields[field_name] = FieldType(kind, repeated, value, convert, words.get(kind, frozenset()))
    return messages


@cache
def enum_words(name: str) -> frozenset[str]:
    """The words of an enum; empty when there is no such enum."""
    for table in (schema, fork_schema):
        kinds = (kind for fields in table().values() for kind in fields.values())
        words = next((kind.words for kind in kinds if kind.type == name and kind.words), None)
        if words:
            return words
    return frozenset()


def _default(kind: str, text: str, convert: Callable[[str], Scalar], first_value: Mapping[str, str]) -> Scalar:
    if text:
        return text if kind == "string" else convert(text)
    return first_value.get(kind) or _ZERO.get(kind, 0)


def _lines(path: Path) -> Iterator[tuple[str, str, list[str]]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            keyword, name, *entries = line.split()
            yield keyword, name, entries


def apply(message: Message, type_name: str) -> Application:
    """Type the fields of `message` (of message type `type_name`) and of all messages inside it."""
    found = Application()
    _apply(message, type_name, schema(), found)
    return found


def _apply(message: Message, type_name: str, messages: Mapping[str, Fields], found: Application) -> None:
    known = messages.get(type_name) or fork_schema()[type_name]
    by_name = message.by_name
    for item in message.fields:
        kind = known.get(item.name)
        if kind is None:
            found.unknown.append((type_name, item))
            kind = fork_schema().get(type_name, {}).get(item.name)
            if kind is None:
                continue
        if kind.convert is None:
            if item.message is None:
                found.invalid.append((item, f"`{item.name}` is a message: write `{item.name} {{ ... }}`"))
                continue
            _apply(item.message, kind.type, messages, found)
        elif item.message is not None:
            found.invalid.append((item, f"`{item.name}` takes {_expected(kind)}, not a message"))
            continue
        else:
            try:
                item.value = kind.convert(item.text)
            except ValueError as expected:
                found.invalid.append((item, f"`{item.name}` takes {expected}, not `{item.text[:60]}`"))
                continue
            if kind.words and item.value not in kind.words:
                found.foreign.append((kind.type, item))
        same = by_name.get(item.name)
        if same is None:
            by_name[item.name] = [item]
        elif kind.repeated:
            same.append(item)
        else:
            found.duplicates.append((type_name, same[0], item))


def _expected(kind: FieldType) -> str:
    return {"string": "a quoted string", "bool": "true or false", "float": "a number"}.get(kind.type, "a value")
