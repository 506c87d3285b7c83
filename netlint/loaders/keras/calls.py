"""How layers are called: the `inbound_nodes` of every version of Keras, read into one form.

Keras 1 and 2 write a call as a list of edges `[layer, call, output, arguments]`, Keras 3 as arguments in which
`{"class_name": "__keras_tensor__", ...}` stands for a tensor.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from netlint.loaders.keras.layer import whole
from netlint.model import UNKNOWN, Shape, symbol


class Ref(NamedTuple):
    """One output of one call of a layer; `shape` is what Keras 3 writes beside it."""

    layer: str
    call: int
    output: int
    shape: Shape = UNKNOWN


#: What stands in a call: tensors, and lists, mappings and constants around them.
Argument: TypeAlias = Any

#: Arguments are nested no deeper by any layer.
_DEEPEST = 16


@dataclass(slots=True)
class Call:
    """One call of a layer: its positional and its named arguments."""

    args: list[Argument] = field(default_factory=list)
    kwargs: Mapping[str, Argument] = field(default_factory=dict)

    def refs(self) -> Iterator[Ref]:
        """Every tensor, in order."""
        yield from tensors(self.args)
        yield from tensors(self.kwargs)


def tensors(item: Argument, depth: int = 0) -> Iterator[Ref]:
    """The tensors in nested arguments."""
    if isinstance(item, Ref):
        yield item
    elif depth < _DEEPEST:
        if isinstance(item, list | tuple):
            for part in item:
                yield from tensors(part, depth + 1)
        elif isinstance(item, Mapping):
            for part in item.values():
                yield from tensors(part, depth + 1)


def read_calls(nodes: list[Any] | None, names: Mapping[str, Any]) -> list[Call]:
    """The calls in `inbound_nodes`; `names` are the layers of the network."""
    return [_read_call(node, names) for node in nodes or ()]


def _read_call(node: object, names: Mapping[str, Any]) -> Call:
    if isinstance(node, Mapping) and ("args" in node or "kwargs" in node):
        args, kwargs = node.get("args"), node.get("kwargs")
        return Call(
            [_argument(item) for item in args] if isinstance(args, list) else [],
            {name: _argument(item) for name, item in kwargs.items()} if isinstance(kwargs, dict) else {},
        )
    kwargs = {}
    given = _edges(node, names, kwargs)
    return Call([given], kwargs)


def _argument(item: object, depth: int = 0) -> Argument:
    """An argument as Keras 3 writes it."""
    if depth > _DEEPEST:
        return UNKNOWN
    if isinstance(item, list):
        return [_argument(part, depth + 1) for part in item]
    if not isinstance(item, dict):
        return item
    kind, config = item.get("class_name"), item.get("config")
    if kind == "__keras_tensor__" and isinstance(config, dict):
        history = config.get("keras_history")
        if isinstance(history, list) and len(history) == 3 and isinstance(history[0], str):
            return Ref(history[0], _index(history[1]), _index(history[2]), shape_of(config.get("shape")))
        return UNKNOWN
    if kind == "__slice__" and isinstance(config, dict):
        return Slice(*(_argument(config.get(name), depth + 1) for name in ("start", "stop", "step")))
    items = item.get("items", config)
    if kind == "__tuple__" and isinstance(items, list):
        return [_argument(part, depth + 1) for part in items]
    return {name: _argument(part, depth + 1) for name, part in item.items()}


class Slice(NamedTuple):
    """A slice inside an index: Python's own."""

    start: Argument
    stop: Argument
    step: Argument


def _edges(node: object, names: Mapping[str, Any], kwargs: dict[str, Any], depth: int = 0) -> Argument:
    """The tensors of a call as Keras 1 and 2 write them; named arguments are collected in `kwargs`."""
    if depth > _DEEPEST:
        return UNKNOWN
    if isinstance(node, Mapping) and node.get("class_name") == "__tuple__":
        node = node.get("items")
    if isinstance(node, Mapping):
        return {name: _edges(item, names, kwargs, depth + 1) for name, item in node.items()}
    if not isinstance(node, list):
        return node
    if len(node) in (3, 4) and isinstance(node[0], str) and isinstance(node[1], int):
        if len(node) == 4 and isinstance(node[3], dict):
            for name, item in node[3].items():
                kwargs.setdefault(name, _named(item, names))
        if node[0] == "_CONSTANT_VALUE":
            return node[2]
        return Ref(node[0], _index(node[1]), _index(node[2]))
    return [_edges(item, names, kwargs, depth + 1) for item in node]


def _named(item: object, names: Mapping[str, Any], depth: int = 0) -> Argument:
    """A named argument of Keras 2, in which a tensor is `[layer, call, output]`."""
    if depth > _DEEPEST:
        return UNKNOWN
    if isinstance(item, list):
        if (
            len(item) == 3
            and isinstance(item[0], str)
            and item[0] in names
            and all(isinstance(n, int) for n in item[1:])
        ):
            return Ref(item[0], _index(item[1]), _index(item[2]))
        return [_named(part, names, depth + 1) for part in item]
    if isinstance(item, dict):
        if set(item) == {"start", "stop", "step"}:
            return Slice(*(_named(item[name], names, depth + 1) for name in ("start", "stop", "step")))
        if "start" in item and "stop" in item:
            return Slice(item.get("start"), item.get("stop"), item.get("step"))
        return {name: _named(part, names, depth + 1) for name, part in item.items()}
    return item


def _index(item: object) -> int:
    number = whole(item)
    return number if isinstance(number, int) else -1


def shape_of(dims: object, *, batch: bool = True) -> Shape:
    """A shape as Keras writes it: null is an open extent, and the first of them is the batch."""
    if isinstance(dims, Mapping):
        dims = dims.get("items", dims.get("config"))
    if not isinstance(dims, list | tuple):
        return UNKNOWN
    shape = tuple(map(whole, dims))
    return (symbol("batch"), *shape[1:]) if batch and shape and not isinstance(shape[0], int) else shape


def references(given: object) -> list[Ref]:
    """`input_layers` and `output_layers`: one `[layer, call, output]`, or several, or named ones."""
    return list(tensors(_edges(given, {}, {})))
