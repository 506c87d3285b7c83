"""Expressions: compiled with types, evaluated with unknowns. The only module that knows the library which does it.

An expression is compiled twice. Against message types, with protocol buffers' descriptors made from our own tables, it
is checked: a misspelt field is an error with its place, in a comprehension as well. What is evaluated is the same text
over plain dictionaries, from which whatever is not known is left out: CEL makes an error value of a missing key, and
its `&&` and `||` let that pass only where the other side decides (github.com/google/cel-spec, "Logical Operators").
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from netlint.engine.pack_folders import PackError

if TYPE_CHECKING:
    from cel_expr_python import cel

#: The type of an expression: `bool`, `int`, `double`, `string`, `dyn`, `list(...)`, `map(string,int)`, or a record's
#: name.
TypeName: TypeAlias = str

_MISSING: Final = (
    "rules in YAML need the package cel-expr-python: run `pip install 'nn-netlint[policies]'`, "
    "or leave the rule pack out"
)

#: No expression is longer: the library's own limit is 100 000 characters.
_LONGEST: Final = 20_000


class Overrun(Exception):
    """An expression that takes more steps than any has."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an expression, and where in it (an offset in characters)."""

    message: str
    offset: int
    #: What somebody wrote that is no name, and of which record it is no field (empty for a variable or function).
    name: str = ""
    record: str = ""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The outcome of an expression that touches what is not known."""


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Record:
    """A type with named fields."""

    name: str
    fields: Mapping[str, TypeName]


class Checker:
    """Finds what is wrong with expressions over `variables`, of which some are records."""

    def __init__(self, records: Sequence[Record], variables: Mapping[str, TypeName]) -> None:
        self._pool = _pool(records)
        self._library = _library()
        self._env = _environment({name: self._type(kind) for name, kind in variables.items()}, self._pool)
        self._runtime = _evaluator(tuple(variables))

    def _type(self, name: TypeName) -> cel.Type:
        kinds = self._library.Type
        if name.startswith("list("):
            return kinds.List(self._type(name[5:-1]))
        known = {"int": kinds.INT, "string": kinds.STRING, "bool": kinds.BOOL, "double": kinds.DOUBLE, "dyn": kinds.DYN}
        return known[name] if name in known else kinds(name)

    def check(self, text: str) -> tuple[str, list[Fault]]:
        """(the type of the expression, what is wrong with it); the type is empty where something is."""
        if len(text) > _LONGEST:
            return "", [Fault(f"an expression of more than {_LONGEST} characters", 0)]
        try:
            kind = self._env.compile(text).return_type().name()
            self._runtime.compile(text)
        except RuntimeError as error:
            return "", _faults(str(error), text)
        faults = list(_patterns(text))
        return ("", faults) if faults else (kind.lower(), [])


class Program:
    """A checked expression, ready to be asked."""

    def __init__(self, text: str, variables: tuple[str, ...]) -> None:
        """Raises PackError where the library is missing."""
        self._expression = _evaluator(variables).compile(text)

    def __call__(self, data: Mapping[str, Any]) -> Any:
        """The value: true, a number, a text, a list, a dictionary; UNKNOWN where it touches what is not known.

        Raises Overrun.
        """
        try:
            found = self._expression.eval(data=data)
        except RuntimeError as error:
            if "budget" in str(error):
                raise Overrun("the expression takes more than 10000 steps") from None
            return UNKNOWN
        # Errors come as texts: only the type tells them from texts.
        return UNKNOWN if found.type().name() == "ERROR" else found.plain_value()

    def holds(self, data: Mapping[str, Any]) -> bool:
        """Whether a condition is certainly true. Raises Overrun."""
        try:
            return self._expression.eval(data=data).value() is True
        except RuntimeError as error:
            if "budget" in str(error):
                raise Overrun("the expression takes more than 10000 steps") from None
            return False

    def unknown(self, data: Mapping[str, Any]) -> str:
        """What keeps the expression from having a value, in words; empty where it has one. Raises Overrun."""
        if self(data) is not UNKNOWN:
            return ""
        try:
            said = str(self._expression.eval(data=data).value())
        except RuntimeError as error:
            said = str(error)
        missing = _NO_KEY.search(said)
        return f"`{missing[1]}` is not known" if missing is not None else said.partition(": ")[2].lower() or said


def _library() -> Any:
    """Raises PackError where it is not installed."""
    try:
        from cel_expr_python import cel
    except ImportError:
        raise PackError(_MISSING) from None
    return cel


def _environment(variables: Mapping[str, Any], pool: Any = None) -> Any:
    library = _library()
    from cel_expr_python.ext import ext_math, ext_strings

    return library.NewEnv(pool, variables=dict(variables), extensions=[ext_math.ExtMath(), ext_strings.ExtStrings()])


@cache
def _evaluator(variables: tuple[str, ...]) -> Any:
    kind = _library().Type.DYN
    return _environment(dict.fromkeys(variables, kind))


def _pool(records: Sequence[Record]) -> Any:
    """Protocol buffers' descriptions of the records."""
    from google.protobuf import descriptor_pb2, descriptor_pool, struct_pb2, wrappers_pb2

    field = descriptor_pb2.FieldDescriptorProto
    plain = {"int": field.TYPE_INT64, "string": field.TYPE_STRING, "bool": field.TYPE_BOOL, "double": field.TYPE_DOUBLE}
    file = descriptor_pb2.FileDescriptorProto(name="netlint/policy.proto", syntax="proto3")
    file.dependency.append("google/protobuf/struct.proto")
    for record in records:
        message = file.message_type.add(name=record.name)
        for number, (name, kind) in enumerate(record.fields.items(), start=1):
            label, kind = (
                (field.LABEL_REPEATED, kind[5:-1]) if kind.startswith("list(") else (field.LABEL_OPTIONAL, kind)
            )
            added = message.field.add(name=name, number=number, label=label)
            if kind in plain:
                added.type = plain[kind]
                continue
            added.type = field.TYPE_MESSAGE
            if kind == "map(string,int)":
                entry = message.nested_type.add(name=f"{name.title().replace('_', '')}Entry")
                entry.options.map_entry = True
                entry.field.add(name="key", number=1, label=field.LABEL_OPTIONAL, type=field.TYPE_STRING)
                entry.field.add(name="value", number=2, label=field.LABEL_OPTIONAL, type=field.TYPE_INT64)
                added.label, added.type_name = field.LABEL_REPEATED, f".{record.name}.{entry.name}"
            else:
                added.type_name = ".google.protobuf.Value" if kind == "dyn" else f".{kind}"
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(struct_pb2.DESCRIPTOR.serialized_pb)
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return pool


_ERROR: Final = re.compile(r"^(?:\w+: )?ERROR: <input>:(-?\d+):(-?\d+): (.*)$", re.MULTILINE)
_NO_KEY: Final = re.compile(r'Key not found in map : "(.*)"')
_NO_FIELD: Final = re.compile(r"undefined field '([^']*)' not found in struct '([^']*)'")
_NO_NAME: Final = re.compile(r"undeclared reference to '([^']*)'")
_NO_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']*)' applied to '\((.*)\)'$")


def _faults(said: str, text: str) -> list[Fault]:
    """What the library says, in our words."""
    if "recursion" in said:
        return [Fault("the expression is nested too deeply: more than 32 levels, `a + b + c` being two", 0)]
    errors = [found for found in _ERROR.findall(said) if "issues exceeded" not in found[2]]
    if errors and errors[0][2].startswith("Syntax error"):
        # What follows comes of the first one.
        errors = errors[:1]
    if errors:
        return [_fault(message, _offset(text, int(line), int(column)), text) for line, column, message in errors]
    return [Fault(re.sub(r"^\w+: | \[\w+\]$", "", said.splitlines()[0]), 0)]


def _offset(text: str, line: int, column: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
    return min(max(start + column - 1, 0), len(text))


def _fault(message: str, offset: int, text: str) -> Fault:
    field = _NO_FIELD.search(message)
    if field is not None:
        # The place is that of the dot.
        return Fault(message, max(text.find(field[1], offset), 0), field[1], field[2])
    name = _NO_NAME.search(message)
    if name is not None:
        return Fault(message, _start_of(name[1], text, offset), name[1].partition(".")[0])
    overload = _NO_OVERLOAD.search(message)
    if overload is not None:
        return Fault(_overloaded(overload[1], overload[2]), offset)
    return Fault(
        _misspelt(message, text, offset) or re.sub(r" \[\w+\]$", "", message[:1].lower() + message[1:]), offset
    )


#: What people write who come from Python, and what CEL has for it.
FOREIGN: Final = {"and": "&&", "or": "||", "not": "!", "True": "true", "False": "false", "=": "=="}
_WORD: Final = re.compile(r"\w+|=(?!=)")
_NOT: Final = re.compile(r"\bnot\s*\Z")


def _misspelt(message: str, text: str, offset: int) -> str:
    """A syntax error in words, where it is one of the usual ones; else empty."""
    if not message.startswith("Syntax error"):
        return ""
    if "'<EOF>'" in message.partition(" expecting ")[0]:
        return "syntax error: something is missing at the end"
    word = _WORD.match(
        text, max(text.rfind("=", 0, offset + 1), 0) if "recognition error at: '=" in message else offset
    )
    if word is not None and word[0] in FOREIGN:
        return f"syntax error at `{word[0]}`: write `{FOREIGN[word[0]]}`"
    if _NOT.search(text, 0, offset):
        return "syntax error behind `not`: write `!`"
    return re.sub(r" expecting \{.*", "", message[:1].lower() + message[1:])


def _start_of(name: str, text: str, offset: int) -> int:
    """Where a name begins; the library gives the place of its last dot, or of a call's bracket."""
    first = name.partition(".")[0]
    before = text.rfind(first, 0, offset + len(first))
    return before if before >= 0 else offset


def _overloaded(name: str, types: str) -> str:
    operator = {"_[_]": "an index", "@in": "`in`", "_?_:_": "`? :`", "-_": "`-`", "!_": "`!`"}.get(name)
    operator = operator or f"`{name.strip('_')}`"
    said = f"{operator} does not take ({types})"
    if name == "_[_]" and types.startswith("Shape"):
        return f"{said}: an extent of a shape is `.d0`, `.d1`, ..., `.last`, or `.dims[0]` where all are known"
    if {"int", "double"} <= set(types.split(", ")):
        return f"{said}: write both as whole numbers, or one as `double(...)`"
    return said


_PATTERN: Final = re.compile(r"""\bmatches\s*\(\s*(r?"(?:[^"\\\n]|\\.)*"|r?'(?:[^'\\\n]|\\.)*')\s*\)""")


def _patterns(text: str) -> list[Fault]:
    """Regular expressions that are none: the library finds out when it meets a text."""
    found = []
    for call in _PATTERN.finditer(text):
        outcome = _evaluator(()).compile(f'"".matches({call[1]})').eval()
        if outcome.type().name() == "ERROR":
            said = str(outcome.value()).partition(": ")[2]
            found.append(Fault(said, call.start(1)))
    return found
