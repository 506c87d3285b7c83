"""One call of the graph with its arguments as values, numbers and words: defaults filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

from netlint.loaders.torch.schema import Schema, schema
from netlint.model import UNKNOWN, Attr, AttrValue, Dim, Unknown, Value

#: What an argument can be, a value of the graph left out being None.
Argument: TypeAlias = (
    "Value | bool | int | float | str | Unknown | tuple[Value | bool | int | float | str | Unknown | None, ...] | None"
)

#: Element types by their number in the file (torch/_export/serde/schema.py, ScalarType).
DTYPES: Final[Mapping[int, str]] = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8e4m3fn",
    30: "float8e5m2", 31: "float8e4m3fnuz", 32: "float8e5m2fnuz", 33: "float8e8m0", 34: "uint32", 35: "uint64",
}  # fmt: skip

#: A list longer than this is no list of axes or sizes.
_MOST_ITEMS: Final = 65_536


class Malformed(Exception):
    """The graph is not what `torch.export` writes; the message says where."""


class Names(NamedTuple):
    """How an argument's names become what they stand for: tensors by name, and numbers by name."""

    tensor: Callable[[str], Value]
    number: Callable[[str], Dim]


def mapping(item: Any, what: str) -> dict[str, Any]:
    """A JSON object. Raises Malformed for anything else."""
    if not isinstance(item, dict):
        raise Malformed(f"{what} is no object")
    return item


def listing(item: Any, what: str) -> list[Any]:
    """A JSON list. Raises Malformed for anything else, and for a very long one."""
    if not isinstance(item, list):
        raise Malformed(f"{what} is no list")
    return item


def text(item: Any, what: str) -> str:
    """A JSON string. Raises Malformed for anything else."""
    if not isinstance(item, str):
        raise Malformed(f"{what} is no text")
    return item


def union(item: Any, what: str) -> tuple[str, Any]:
    """The one field of a union (`{"as_tensor": ...}`); an absent argument is `as_none`."""
    fields = mapping(item, what)
    for name, value in fields.items():
        if value is not None or len(fields) == 1:
            return name, value
    return "as_none", True


def tensor_name(item: Any, what: str) -> str:
    """The name in `{"name": ...}`."""
    return text(mapping(item, what).get("name"), what)


def argument(item: Any, names: Names, what: str) -> Argument:
    """What an argument stands for; unknown where it is of a kind that says nothing (devices, layouts, objects)."""
    kind, value = union(item, what)
    if kind == "as_tensor":
        return names.tensor(tensor_name(value, what))
    if kind == "as_int":
        return value if isinstance(value, int) else _wrong(what)
    if kind in ("as_ints", "as_floats", "as_bools", "as_strings"):
        items = listing(value, what)
        if len(items) > _MOST_ITEMS or not all(isinstance(one, int | float | str) for one in items):
            raise Malformed(f"{what} is no list of numbers or words")
        return tuple(items)
    if kind in ("as_bool", "as_string"):
        return value if isinstance(value, bool | str) else _wrong(what)
    if kind == "as_float":
        return _float(value, what)
    if kind == "as_none":
        return None
    if kind == "as_tensors":
        return tuple(names.tensor(tensor_name(one, what)) for one in listing(value, what))
    if kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
        return _named_number(value, names, what)
    if kind in ("as_sym_ints", "as_sym_floats", "as_sym_bools"):
        return tuple(_named_number(one, names, what) for one in listing(value, what))
    if kind == "as_optional_tensors":
        return tuple(_optional(one, names, what) for one in listing(value, what))
    if kind == "as_optional_tensor":
        return _optional(value, names, what)
    if kind == "as_scalar_type":
        return DTYPES.get(value, UNKNOWN) if isinstance(value, int) else UNKNOWN
    return UNKNOWN


def _wrong(what: str) -> int:
    raise Malformed(f"{what} holds something else than it says")


def _float(value: Any, what: str) -> float:
    # The writer spells what JSON has no number for: "Infinity", "-Infinity", "NaN".
    if isinstance(value, str):
        try:
            return float(value.lower().replace("infinity", "inf"))
        except ValueError:
            _wrong(what)
    return float(value) if isinstance(value, int | float) and abs(value) < 1e308 else _wide(value, what)


def _wide(value: Any, what: str) -> float:
    if isinstance(value, float):
        return value
    if isinstance(value, int):
        return float("inf") if value > 0 else float("-inf")
    return float(_wrong(what))


def _named_number(item: Any, names: Names, what: str) -> int | float | bool | Unknown:
    kind, value = union(item, what)
    if kind == "as_name":
        return names.number(text(value, what))
    return value if isinstance(value, int | float) else UNKNOWN


def _optional(item: Any, names: Names, what: str) -> Value | None:
    kind, value = union(item, what)
    return names.tensor(tensor_name(value, what)) if kind == "as_tensor" else None


@dataclass(slots=True)
class Call:
    """One call of an operator: `args` are all of its arguments, by their names in the operator's schema."""

    name: str
    overload: str
    args: dict[str, Argument]
    described: Schema
    #: How many tensors it gives, and the element type and rank of the first one as the file declares it (-1: unknown).
    outputs: int = 1
    dtype: str = ""
    rank: int = -1
    in_place: bool = False
    #: Numbers that the translation makes inputs of.
    constants: list[Value] = field(default_factory=list)

    def value(self, *names: str) -> Value | None:
        """The tensor that the first of these arguments is; None where it is none."""
        for name in names:
            found = self.args.get(name)
            if isinstance(found, Value):
                return found
        return None

    def values(self, name: str) -> tuple[Value | None, ...]:
        """A list of tensors, those left out as None."""
        found = self.args.get(name)
        if not isinstance(found, tuple):
            return ()
        return tuple(item if isinstance(item, Value) else None for item in found)

    def tensors(self) -> tuple[Value, ...]:
        """Every tensor, in the order of the arguments; those of lists one by one."""
        given = [item if isinstance(item, tuple) else (item,) for item in self.args.values()]
        return tuple(one for items in given for one in items if isinstance(one, Value))

    def dims(self, name: str, count: int = 0) -> tuple[Dim, ...] | None:
        """A list of numbers; a single number stands for `count` of them. None where it is no list."""
        found = self.args.get(name)
        if isinstance(found, bool):
            return None
        if isinstance(found, int | Unknown):
            return (found,) * max(count, 1)
        if not isinstance(found, tuple):
            return None
        items = tuple(item if isinstance(item, int | Unknown) else UNKNOWN for item in found)
        return items * count if len(items) == 1 and count > 1 else items

    def dim(self, name: str, default: int = 0) -> Dim:
        """One number; unknown where it is something else."""
        found = self.args.get(name, default)
        return found if isinstance(found, int | Unknown) else default if found is None else UNKNOWN

    def axis(self, name: str, rank: int = -1) -> int | None:
        """An axis; counted from the front where the rank is given. None where it is unknown or outside."""
        found = self.args.get(name)
        if isinstance(found, bool) or not isinstance(found, int):
            return None
        if rank < 0:
            return found
        # A scalar counts as a vector of one element.
        wide = max(rank, 1)
        return found % wide if -wide <= found < wide else None

    def number(self, name: str) -> float | int | None:
        found = self.args.get(name)
        return found if isinstance(found, int | float) else None

    def flag(self, name: str) -> bool:
        return self.args.get(name) is True

    def word(self, name: str) -> str:
        found = self.args.get(name)
        return found if isinstance(found, str) else ""

    def operand(self, name: str) -> Value | None:
        """A tensor, or a number as a constant of one element."""
        found = self.args.get(name)
        if isinstance(found, Value):
            return found
        if isinstance(found, int | float | Unknown):
            kind = "bool" if isinstance(found, bool) else "float32" if isinstance(found, float) else "int64"
            made = Value(str(found), None, shape=(), dtype=kind, elements=(found,), stored=True)
            self.constants.append(made)
            return made
        return None

    def plain(self) -> dict[str, Attr]:
        """Every argument that is no tensor, as an attribute under its own name."""
        return {name: Attr(name, value) for name, item in self.args.items() if (value := _plain(item)) is not None}


def _plain(item: Argument) -> AttrValue | None:
    if isinstance(item, bool | int | float | str | Unknown):
        return item
    if isinstance(item, tuple) and not any(isinstance(one, Value) or one is None for one in item):
        return tuple(one for one in item if isinstance(one, int | float | str | Unknown))
    return None


def split_target(target: str) -> tuple[str, str, str]:
    """(namespace, name, overload) of `torch.ops.aten.conv2d.default`."""
    short = target.removeprefix("torch.ops.")
    parts = short.split(".")
    if short == target or len(parts) < 2:
        return "", target, ""
    return parts[0], parts[1], parts[2] if len(parts) > 2 else ""


def schema_of(name: str, overload: str) -> Schema:
    return schema(f"{name}.{overload}")
