"""What the ONNX specification says of every operator: arities, types, attributes, by version (`schema.txt`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

_FILE: Final = Path(__file__).with_name("schema.txt")
_DEFAULTS: Final = Path(__file__).with_name("defaults.txt")

#: The default domain goes by either name.
DEFAULT_DOMAINS: Final = ("", "ai.onnx")

#: The opset of each domain's newest operator in `schema.txt`.
NEWEST: Final[Mapping[str, int]] = {
    "": 28, "ai.onnx.ml": 5, "ai.onnx.training": 1, "ai.onnx.preview": 1, "ai.onnx.preview.training": 1,
}  # fmt: skip

#: The newest IR version that is described (onnx/onnx.proto, `Version`).
NEWEST_IR: Final = 14


@dataclass(frozen=True, slots=True)
class Formal:
    """One input or output: a type variable or a type, and how often it stands."""

    type: str
    count: Literal["", "?", "*", "~"] = ""


@dataclass(frozen=True, slots=True)
class Attribute:
    """The kind of value an attribute takes (`int`, `floats`, `graph`, ...)."""

    kind: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class OpSchema:
    """One version of one operator. `variables` gives the types that each type variable can stand for."""

    name: str
    since: int
    deprecated: bool
    inputs: tuple[Formal, ...]
    outputs: tuple[Formal, ...]
    fewest_inputs: int
    attributes: Mapping[str, Attribute]
    variables: Mapping[str, frozenset[str]]

    @property
    def required_inputs(self) -> int:
        """How many inputs must be connected, counted from the first."""
        return max(self.fewest_inputs, *(slot + 1 for slot, one in enumerate(self.inputs) if not one.count), 0, 0)

    def most(self, formals: tuple[Formal, ...]) -> int | None:
        """How many there can be; None for any number."""
        return None if formals and formals[-1].count in ("*", "~") else len(formals)

    def input(self, slot: int) -> Formal | None:
        """The description of an input; the last one stands for all that follow it, where it may repeat."""
        return _formal(self.inputs, slot)

    def output(self, slot: int) -> Formal | None:
        return _formal(self.outputs, slot)


def _formal(formals: tuple[Formal, ...], slot: int) -> Formal | None:
    if slot < len(formals):
        return formals[slot]
    return formals[-1] if formals and formals[-1].count in ("*", "~") else None


@cache
def _lines() -> tuple[Mapping[str, str], Mapping[tuple[str, str], list[str]]]:
    """(sets of types, the lines of each operator, oldest version first)."""
    sets: dict[str, str] = {}
    operators: dict[tuple[str, str], list[str]] = {}
    for line in _FILE.read_text(encoding="ascii").splitlines():
        if line.startswith("$"):
            name, _, types = line.partition(" = ")
            sets[name] = types
        elif not line.startswith("#"):
            domain, name, _ = line.split(" ", 2)
            operators.setdefault(("" if domain == "-" else domain, name), []).append(line)
    return sets, operators


@cache
def operator_schema(domain: str, name: str, opset: int) -> OpSchema | None:
    """The version of an operator that holds in `opset`; None where the specification does not know it (yet)."""
    sets, operators = _lines()
    chosen = None
    for line in operators.get((domain, name), ()):
        if int(line.split(" ", 3)[2]) <= opset:
            chosen = line
    return None if chosen is None else _parse(chosen, sets)


def introduced(domain: str, name: str) -> int | None:
    """The first opset that has the operator; None where no opset has it."""
    lines = _lines()[1].get((domain, name))
    return int(lines[0].split(" ", 3)[2]) if lines else None


def names(domain: str) -> list[str]:
    """Every operator of a domain, for suggestions."""
    return [name for own, name in _lines()[1] if own == domain]


def attribute_versions(domain: str, name: str, attribute: str) -> list[int]:
    """The opsets whose version of the operator has this attribute."""
    return [version.since for version in _versions(domain, name) if attribute in version.attributes]


@cache
def attribute_kinds() -> Mapping[str, frozenset[str]]:
    """Every attribute of the default domain's operators, in any version, with the kinds of value that it takes."""
    found: dict[str, set[str]] = {}
    for (domain, _name), lines in _lines()[1].items():
        for line in lines if not domain else ():
            for item in filter(None, line.split("|")[3].strip().split(",")):
                name, attribute = _attribute(item)
                found.setdefault(name, set()).add(attribute.kind)
    return {name: frozenset(kinds) for name, kinds in found.items()}


def default_attributes(name: str, opset: int) -> Mapping[str, str]:
    """The attributes of an operator of the default domain that may be left out and then have a value, each with that
    value as JSON."""
    chosen: Mapping[str, str] = {}
    for since, values in _default_lines().get(name, ()):
        if since <= opset:
            chosen = values
    return chosen


@cache
def _default_lines() -> Mapping[str, list[tuple[int, Mapping[str, str]]]]:
    found: dict[str, list[tuple[int, Mapping[str, str]]]] = {}
    for line in _DEFAULTS.read_text(encoding="ascii").splitlines():
        if not line.startswith("#"):
            name, since, *values = line.split(" ")
            pairs = (value.partition("=") for value in values)
            found.setdefault(name, []).append((int(since), {key: text for key, _, text in pairs}))
    return found


def withdrawn(domain: str, name: str, attribute: str, opset: int) -> int:
    """The opset that took this attribute from the operator, seen from `opset`, which no longer has it."""
    gone = 0
    for version in _versions(domain, name):
        if version.since <= opset:
            gone = 0 if attribute in version.attributes else gone or version.since
    return gone


def _versions(domain: str, name: str) -> list[OpSchema]:
    sets, operators = _lines()
    return [_parse(line, sets) for line in operators.get((domain, name), ())]


def _parse(line: str, sets: Mapping[str, str]) -> OpSchema:
    head, inputs, outputs, attributes, variables = (part.strip() for part in line.split("|"))
    _, name, since, flags, fewest = head.split(" ")
    return OpSchema(
        name,
        int(since),
        "d" in flags,
        _formals(inputs),
        _formals(outputs),
        int(fewest),
        dict(map(_attribute, filter(None, attributes.split(",")))),
        {
            variable: frozenset(sets[types].split(" "))
            for variable, _, types in (item.partition("=") for item in filter(None, variables.split(",")))
        },
    )


def _formals(text: str) -> tuple[Formal, ...]:
    marks: Mapping[str, Literal["?", "*", "~"]] = {"?": "?", "*": "*", "~": "~"}
    return tuple(Formal(item.rstrip("?*~"), marks.get(item[-1], "")) for item in filter(None, _outside_brackets(text)))


def _outside_brackets(text: str) -> list[str]:
    """Split at the commas that stand in no brackets (`map(string,int64)`)."""
    items, depth, start = [], 0, 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if character == "," and not depth:
            items.append(text[start:index])
            start = index + 1
    return [*items, text[start:]]


def _attribute(text: str) -> tuple[str, Attribute]:
    name, _, kind = text.partition(":")
    return name, Attribute(kind.rstrip("!"), kind.endswith("!"))
