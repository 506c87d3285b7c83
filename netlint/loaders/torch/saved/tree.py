"""The modules of a pickle as a tree: class, settings, tensors, parts. Nothing is built: it is read from the opcodes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from netlint.loaders.torch.opcodes import Import, Persistent, Record, Table, tensor_shape
from netlint.model import UNKNOWN, Shape, Value

#: A number, a word, or several of them: what constructors of layers are given.
Setting: TypeAlias = "bool | int | float | str | tuple[bool | int | float | str, ...] | None"

#: Networks nest some ten deep and have thousands of modules; one module can stand in a tree many times.
_DEEPEST: Final = 48
_MOST_MODULES: Final = 50_000
_LONGEST_NAME: Final = 256

#: A module in a checkpoint stands at the top or one to three steps below: `{"model": module, "epoch": 3}`.
_DEEPEST_ROOT: Final = 3
_MOST_ROOTS: Final = 16
_MOST_ENTRIES: Final = 4096

#: Functions that were hung on a module, which may change what it gets, gives or holds.
_HOOKS: Final = ("_forward_hooks", "_forward_pre_hooks")

_DTYPES: Final[Mapping[str, str]] = {
    "FloatStorage": "float32", "DoubleStorage": "float64", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "LongStorage": "int64", "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8",
    "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip


@dataclass(slots=True, eq=False)
class Tensor:
    """A stored tensor: its value in the model, and whether it is a parameter that learns."""

    value: Value
    learnable: bool
    trains: bool


@dataclass(slots=True, eq=False)
class Module:
    """One module: its path in the tree (`layer1.0`), its class, and what its state says."""

    path: str
    home: str
    word: str
    training: bool
    settings: Mapping[str, Setting]
    tensors: Mapping[str, Tensor]
    #: Hooks, or a `forward` of its own, do what no class says.
    altered: bool
    parts: Mapping[str, Module] = field(default_factory=dict)

    @property
    def of_torch(self) -> bool:
        return self.home.startswith("torch.nn.modules.")

    @property
    def is_chain(self) -> bool:
        """A Sequential, of that very class: it runs its parts one after the other."""
        return self.home == "torch.nn.modules.container" and self.word == "Sequential" and not self.altered


def modules_in(value: object) -> list[Module]:
    """The outermost modules in what a pickle holds."""
    reader = _Reader()
    return [found for path, record in _roots(value) if (found := reader.module(record, path, 0)) is not None]


def _roots(value: object) -> Iterator[tuple[str, Record]]:
    waiting: list[tuple[str, object, int]] = [("", value, 0)]
    seen: set[int] = set()
    found = 0
    while waiting and found < _MOST_ROOTS:
        path, item, depth = waiting.pop(0)
        if id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, Record) and _is_module(item):
            found += 1
            yield path, item
        elif depth < _DEEPEST_ROOT:
            pairs: list[tuple[object, object]] = []
            if isinstance(item, Table | Record):
                pairs = item.items[:_MOST_ENTRIES]
            elif isinstance(item, list | tuple):
                pairs = list(enumerate(item[:_MOST_ENTRIES]))
            waiting += [(_joined(path, str(key)), one, depth + 1) for key, one in pairs if isinstance(key, str | int)]


def _is_module(record: Record) -> bool:
    """Its state is that of an `nn.Module` (torch/nn/modules/module.py, Module.__init__)."""
    state = record.state
    if not isinstance(record.callee, Import) or not isinstance(state, Table):
        return False
    return {"_parameters", "_buffers", "_modules"} <= {key for key, _ in state.items if isinstance(key, str)}


class _Reader:
    """Reads modules; a tensor that has several names is one value."""

    def __init__(self) -> None:
        self.count = 0
        self.inside: set[int] = set()
        self.tensors: dict[int, Tensor] = {}

    def module(self, record: Record, path: str, depth: int) -> Module | None:
        self.count += 1
        if self.count > _MOST_MODULES or depth > _DEEPEST or id(record) in self.inside or not _is_module(record):
            return None
        callee, state = record.callee, dict(_named(record.state))
        if not isinstance(callee, Import):
            return None
        settings = {key: _setting(one) for key, one in state.items() if _plain(one)}
        found = Module(
            path,
            callee.module,
            callee.name,
            state.get("training") is True,
            settings,
            {
                name: tensor
                for table in ("_parameters", "_buffers")
                for name, one in _named(state.get(table))
                if (tensor := self._tensor(one, _joined(path, name))) is not None
            },
            altered="forward" in state or any(list(_entries(state.get(hooks))) for hooks in _HOOKS),
        )
        self.inside.add(id(record))
        parts = ((name, one) for name, one in _named(state.get("_modules")) if isinstance(one, Record))
        found.parts = {
            name: part for name, one in parts if (part := self.module(one, _joined(path, name), depth + 1)) is not None
        }
        self.inside.remove(id(record))
        return found

    def _tensor(self, item: object, name: str) -> Tensor | None:
        if not isinstance(item, Record):
            return None
        if id(item) not in self.tensors:
            shape = tensor_shape(item)
            dims: Shape = UNKNOWN if shape is None else shape[0]
            value = Value(name, None, shape=dims, dtype=_dtype(item), stored=True)
            learnable = shape is not None and shape[1]
            self.tensors[id(item)] = Tensor(value, learnable, learnable and _trains(item))
        return self.tensors[id(item)]


def _trains(record: Record) -> bool:
    """`requires_grad`, the second argument of what rebuilds a parameter (torch/_utils.py)."""
    arguments = record.arguments
    return not (isinstance(arguments, tuple) and len(arguments) > 1 and arguments[1] is False)


def _dtype(record: Record) -> str:
    """The element type by the class of the storage, inside of the parameter."""
    item: object = record
    for _ in range(4):
        if not isinstance(item, Record) or not isinstance(item.arguments, tuple) or not item.arguments:
            break
        item = item.arguments[0]
    storage = item.id if isinstance(item, Persistent) else None
    kind = storage[1] if isinstance(storage, tuple) and len(storage) > 1 else None
    return _DTYPES.get(kind.name, "") if isinstance(kind, Import) else ""


def _entries(table: object) -> Iterator[tuple[object, object]]:
    """The entries of a dictionary, or of an OrderedDict, which older versions give a list of pairs."""
    if isinstance(table, Table | Record):
        yield from table.items
    if isinstance(table, Record) and isinstance(table.arguments, tuple):
        for pairs in table.arguments[:1]:
            for pair in pairs if isinstance(pairs, list) else ():
                if isinstance(pair, tuple | list) and len(pair) == 2:
                    yield pair[0], pair[1]


def _named(table: object) -> Iterator[tuple[str, object]]:
    return ((key, one) for key, one in _entries(table) if isinstance(key, str) and 0 < len(key) <= _LONGEST_NAME)


def _plain(item: object) -> bool:
    if isinstance(item, Record):
        return _size(item) is not None
    if isinstance(item, tuple):
        return len(item) <= 16 and all(isinstance(one, bool | int | float | str) for one in item)
    return item is None or isinstance(item, bool | int | float | str)


def _setting(item: object) -> Setting:
    whole = _size(item) if isinstance(item, Record) else item
    if isinstance(whole, tuple):
        return tuple(one for one in whole if isinstance(one, bool | int | float | str))
    return whole if isinstance(whole, bool | int | float | str) else None


def _size(record: Record) -> tuple[int, ...] | None:
    """The numbers of a `torch.Size`."""
    if not isinstance(record.callee, Import) or record.callee.path != "torch.Size":
        return None
    given = record.arguments[0] if isinstance(record.arguments, tuple) and record.arguments else ()
    if not isinstance(given, tuple | list) or not all(isinstance(one, int) for one in given):
        return None
    return tuple(one for one in given if isinstance(one, int))


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and len(path) < 4096 else name
