"""One graph of a program: what its names stand for, as the file declares them and as nodes make them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from netlint.loaders.torch.arguments import DTYPES, Malformed, Names, listing, mapping, tensor_name, text, union
from netlint.loaders.torch.symbols import extent
from netlint.model import UNKNOWN, Dim, Shape, Value, symbol

_MOST_AXES = 64


class Meta(NamedTuple):
    """A tensor as the file declares it."""

    shape: Shape = UNKNOWN
    dtype: str = ""
    requires_grad: bool = False


@dataclass(slots=True)
class Scope:
    """The names of one graph: what each tensor and each number stands for now. All of it raises Malformed."""

    tensors: Mapping[str, Any]
    numbers: Mapping[str, Any]
    values: dict[str, Value] = field(default_factory=dict)
    #: Tensors that share memory, by name: a write into one of them is seen in all.
    aliases: dict[str, set[str]] = field(default_factory=dict)
    #: The last node that reads each tensor.
    last_read: dict[str, int] = field(default_factory=dict)

    def find(self, name: str, what: str) -> Value:
        """The tensor of this name; `what` reads it."""
        value = self.values.get(name)
        if value is None:
            raise Malformed(f"{what} reads `{name}`, which nothing has made before")
        return value

    def names(self, what: str) -> Names:
        """How the arguments of `what` become what they stand for."""
        return Names(lambda name: self.find(name, what), self.number)

    def meta(self, name: str) -> Meta:
        """What the file declares of a tensor."""
        item = self.tensors.get(name)
        if item is None:
            return Meta()
        meta = mapping(item, f"tensor `{name}`")
        sizes = listing(meta.get("sizes"), f"the sizes of `{name}`")
        dtype = meta.get("dtype")
        if len(sizes) > _MOST_AXES:
            raise Malformed(f"tensor `{name}` has {len(sizes)} axes")
        shape = tuple([_extent(size, name) for size in sizes])
        return Meta(shape, DTYPES.get(dtype, "") if isinstance(dtype, int) else "", meta.get("requires_grad") is True)

    def number(self, name: str) -> Dim:
        """A size that the graph computes."""
        item = self.numbers.get(name)
        if item is None:
            return UNKNOWN
        kind, value = union(item, f"number `{name}`")
        if kind == "as_expr":
            return extent(text(mapping(value, name).get("expr_str"), name))
        return value if isinstance(value, int) else UNKNOWN


def scope_of(graph: Mapping[str, Any]) -> Scope:
    """The tables of a graph. Raises Malformed."""
    return Scope(
        mapping(graph.get("tensor_values"), "`tensor_values`"),
        {
            name: item
            for table in ("sym_int_values", "sym_float_values", "sym_bool_values")
            for name, item in mapping(graph.get(table) or {}, f"`{table}`").items()
        },
    )


def _extent(size: Any, name: str) -> Dim:
    if isinstance(size, dict) and len(size) == 1 and isinstance(found := size.get("as_int"), int):
        if found < 0:
            raise Malformed(f"the sizes of `{name}`: an extent of {found}")
        return found
    what = f"the sizes of `{name}`"
    kind, value = union(size, what)
    return extent(text(mapping(value, what).get("expr_str"), what)) if kind == "as_expr" else UNKNOWN


def tensors_in(kind: str, item: Any) -> list[str]:
    """The names of the tensors in an argument."""
    if kind == "as_tensor":
        return [tensor_name(item, "a tensor")]
    if kind == "as_tensors":
        return [tensor_name(one, "a tensor") for one in listing(item, "tensors")]
    if kind == "as_optional_tensors":
        return [
            tensor_name(one["as_tensor"], "a tensor")
            for one in listing(item, "tensors")
            if isinstance(one, dict) and one.get("as_tensor") is not None
        ]
    if kind == "as_optional_tensor" and isinstance(item, dict) and item.get("as_tensor") is not None:
        return [tensor_name(item["as_tensor"], "a tensor")]
    return []


def outputs_of(item: Mapping[str, Any], what: str) -> list[str]:
    """The names of the tensors that a node gives."""
    return [name for output in listing(item.get("outputs"), what) for name in tensors_in(*union(output, what))]


def ranges(program: Mapping[str, Any]) -> dict[str, tuple[int | None, int | None]]:
    """The bounds of each symbolic extent. Raises Malformed."""
    found: dict[str, tuple[int | None, int | None]] = {}
    for name, item in mapping(program.get("range_constraints") or {}, "`range_constraints`").items():
        bounds = mapping(item, f"the range of `{name}`")
        low, high = bounds.get("min_val"), bounds.get("max_val")
        found[str(symbol(name))] = (low if isinstance(low, int) else None, high if isinstance(high, int) else None)
    return found
