"""What a pickle would do, by its opcodes alone: nothing is imported, called or built.

A machine of inert records: an import is a name, a call is its callable and arguments. It follows Lib/pickle.py
(`_Unpickler`) opcode by opcode, and takes time and memory in proportion to the bytes that it reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

#: The pickles of real checkpoints have thousands of opcodes, those of the largest ones hundreds of thousands.
_MOST_OPCODES: Final = 3_000_000


class Malformed(Exception):
    """No pickle, or a broken one; the message says where."""


@dataclass(frozen=True, slots=True, eq=False)
class Import:
    """A name that the pickle imports: `posix.system`."""

    module: str
    name: str

    @property
    def path(self) -> str:
        return f"{self.module}.{self.name}"


@dataclass(slots=True, eq=False)
class Record:
    """What a call would give: the callable, its arguments, and the state that is set afterwards."""

    callee: object
    arguments: object
    state: object = None
    items: list[tuple[object, object]] = field(default_factory=list)
    #: An object of a class (`cls.__new__`), rather than what a function gives.
    instance: bool = False


@dataclass(slots=True, eq=False)
class Table:
    """A dictionary, as its pairs in order: keys may be anything."""

    items: list[tuple[object, object]] = field(default_factory=list)

    def get(self, key: str) -> object:
        return next((value for name, value in self.items if name == key), None)


@dataclass(frozen=True, slots=True, eq=False)
class Persistent:
    """A reference to something outside of the pickle: a storage."""

    id: object


@dataclass(slots=True)
class Walked:
    """What one pickle holds, and everything that it imports and calls, in order."""

    value: object = None
    imports: list[Import] = field(default_factory=list)
    calls: list[Record] = field(default_factory=list)
    #: `getattr` where it does nothing but find methods of objects that the pickle holds: that is how Python writes an
    #: attribute that is a method.
    finders: list[Import] = field(default_factory=list)
    #: Where the pickle ends in the bytes.
    end: int = 0


_MARK: Final = object()
_GETTERS: Final = ("builtins.getattr", "__builtin__.getattr")
_SIMPLE: Final = frozenset((
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "SHORT_BINUNICODE",
    "BINUNICODE", "BINUNICODE8",
))  # fmt: skip
_CONSTANTS: Final = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_IGNORED: Final = frozenset(("PROTO", "FRAME", "READONLY_BUFFER"))
_EMPTY: Final = {"EMPTY_LIST": list, "EMPTY_DICT": Table, "EMPTY_SET": list, "EMPTY_TUPLE": tuple}
_TUPLES: Final = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}


def walk(data: bytes, start: int = 0) -> Walked:
    """Follow the pickle that begins at `start`. Raises Malformed."""
    import pickletools
    from io import BytesIO

    stream = BytesIO(data)
    stream.seek(start)
    machine = _Machine()
    position = start
    try:
        for count, (opcode, argument, at) in enumerate(pickletools.genops(stream)):
            position = start if at is None else at
            if count > _MOST_OPCODES:
                raise Malformed(f"it has more than {_MOST_OPCODES:,} opcodes")
            if opcode.name == "STOP":
                machine.found.value = machine.pop()
                machine.found.finders = [getter for getter, count in machine.getters.items() if not count]
                machine.found.end = stream.tell()
                return machine.found
            machine.step(opcode.name, argument)
    except (ValueError, IndexError, KeyError, UnicodeDecodeError, OverflowError, TypeError):
        raise Malformed(f"it breaks off at byte {position:,}: what follows is no pickle") from None
    raise Malformed("it has no end")


class _Machine:
    """The stack and the memo."""

    def __init__(self) -> None:
        self.stack: list[object] = []
        self.memo: dict[int, object] = {}
        self.found = Walked()
        #: How often each `getattr` was put on the stack and not used to find a method.
        self.getters: dict[Import, int] = {}

    def pop(self) -> object:
        return self.stack.pop()

    def marked(self) -> list[object]:
        """Everything above the topmost mark."""
        at = len(self.stack) - 1
        while self.stack[at] is not _MARK:
            if at == 0:
                raise IndexError("no mark")
            at -= 1
        items = self.stack[at + 1 :]
        del self.stack[at:]
        return items

    def step(self, name: str, argument: Any) -> None:
        stack = self.stack
        if name in _SIMPLE:
            stack.append(argument)
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self.memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self.memo[argument])
            self._again(stack[-1])
        elif name == "MARK":
            stack.append(_MARK)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _EMPTY:
            stack.append(_EMPTY[name]())
        elif name in _TUPLES:
            count = _TUPLES[name]
            if len(stack) < count:
                raise IndexError("tuple")
            stack[-count:] = [tuple(stack[-count:])]
        elif name == "MEMOIZE":
            self.memo[len(self.memo)] = stack[-1]
        elif name not in _IGNORED:
            getattr(self, f"_{name.lower()}", self._other)(argument)

    def _other(self, _argument: Any) -> None:
        raise ValueError("an opcode that no pickle of a model has")

    # Containers

    def _tuple(self, _argument: Any) -> None:
        self.stack.append(tuple(self.marked()))

    def _list(self, _argument: Any) -> None:
        self.stack.append(self.marked())

    _frozenset = _list

    def _dict(self, _argument: Any) -> None:
        self.stack.append(Table(_pairs(self.marked())))

    def _append(self, _argument: Any) -> None:
        self._extend([self.pop()])

    def _appends(self, _argument: Any) -> None:
        self._extend(self.marked())

    _additems = _appends

    def _extend(self, items: list[object]) -> None:
        target = self.stack[-1]
        if isinstance(target, list):
            target += items
        elif isinstance(target, Record):
            target.items += [(None, item) for item in items]

    def _setitem(self, _argument: Any) -> None:
        value, key = self.pop(), self.pop()
        self._update([(key, value)])

    def _setitems(self, _argument: Any) -> None:
        self._update(_pairs(self.marked()))

    def _update(self, pairs: list[tuple[object, object]]) -> None:
        target = self.stack[-1]
        if isinstance(target, Table | Record):
            target.items += pairs

    def _pop(self, _argument: Any) -> None:
        self.stack.pop()

    def _pop_mark(self, _argument: Any) -> None:
        self.marked()

    def _dup(self, _argument: Any) -> None:
        self.stack.append(self.stack[-1])
        self._again(self.stack[-1])

    def _again(self, value: object) -> None:
        if isinstance(value, Import) and value in self.getters:
            self.getters[value] += 1

    # Imports and calls

    def _import(self, module: object, name: object) -> Import:
        known = isinstance(module, str) and isinstance(name, str)
        found = Import(str(module), str(name)) if known else Import("?", "computed name")
        self.found.imports.append(found)
        if found.path in _GETTERS:
            self.getters[found] = 1
        return found

    def _global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self.stack.append(self._import(module, name))

    def _stack_global(self, _argument: Any) -> None:
        name, module = self.pop(), self.pop()
        self.stack.append(self._import(module, name))

    def _called(self, callee: object, arguments: object) -> None:
        if isinstance(callee, Persistent) and isinstance(callee.id, tuple) and len(callee.id) > 1:
            # Before version 1.6 `torch.save` kept the source text of classes: ("module", class, file, text).
            callee = callee.id[1] if callee.id[0] == "module" else callee
        record = Record(callee, arguments)
        if isinstance(callee, Import) and callee in self.getters and _finds_method(arguments):
            self.getters[callee] -= 1
        elif isinstance(callee, Record) and isinstance(callee.callee, Import) and callee.callee in self.getters:
            # What was found is called: it may be anything.
            self.getters[callee.callee] += 1
        self.found.calls.append(record)
        self.stack.append(record)

    def _reduce(self, _argument: Any) -> None:
        arguments, callee = self.pop(), self.pop()
        self._called(callee, arguments)

    def _newobj(self, argument: Any) -> None:
        self._reduce(argument)
        made = self.stack[-1]
        if isinstance(made, Record):
            made.instance = True

    def _newobj_ex(self, _argument: Any) -> None:
        keywords, arguments, callee = self.pop(), self.pop(), self.pop()
        self._called(callee, (arguments, keywords))

    def _inst(self, argument: str) -> None:
        arguments = tuple(self.marked())
        module, _, name = argument.partition(" ")
        self._called(self._import(module, name), arguments)

    def _obj(self, _argument: Any) -> None:
        items = self.marked()
        self._called(items[0], tuple(items[1:]))

    def _build(self, _argument: Any) -> None:
        state = self.pop()
        target = self.stack[-1]
        if isinstance(target, Record):
            target.state = state
        elif isinstance(target, Import):
            # A class or module is given new attributes.
            self.found.imports.append(Import("?", f"a change of {target.path}"))

    def _persid(self, argument: str) -> None:
        self.stack.append(Persistent(argument))

    def _binpersid(self, _argument: Any) -> None:
        self.stack.append(Persistent(self.pop()))

    def _next_buffer(self, _argument: Any) -> None:
        self.stack.append(Persistent("buffer"))

    def _extension(self, argument: int) -> None:
        self.stack.append(self._import("copyreg", f"extension {argument}"))

    _ext1 = _ext2 = _ext4 = _extension


def _finds_method(arguments: object) -> bool:
    """`getattr(object, "name")` of an object that a class has made."""
    if not isinstance(arguments, tuple) or len(arguments) != 2:
        return False
    owner, name = arguments
    made = isinstance(owner, Record) and owner.instance and isinstance(owner.callee, Import)
    return made and isinstance(name, str) and name.isidentifier() and not name.startswith("__")


def _pairs(items: list[object]) -> list[tuple[object, object]]:
    if len(items) % 2:
        raise ValueError("an odd number of items")
    return list(zip(items[::2], items[1::2], strict=True))


def named_tensors(value: object) -> Iterator[tuple[str, tuple[int, ...], bool]]:
    """(name, shape, is a parameter) of every tensor that the value holds, with the path of names that leads to it.

    Modules hold theirs in `_parameters`, `_buffers` and `_modules`, which are no part of the names.
    """
    seen: set[int] = set()
    waiting: list[tuple[str, object]] = [("", value)]
    while waiting:
        path, item = waiting.pop()
        if isinstance(item, Record):
            shape = tensor_shape(item)
            if shape is not None:
                yield path, shape[0], shape[1]
                continue
        if not isinstance(item, Record | Table | list | tuple) or id(item) in seen:
            continue
        seen.add(id(item))
        waiting += reversed(list(_inside(path, item)))


def _inside(path: str, item: Record | Table | list[object] | tuple[object, ...]) -> Iterator[tuple[str, object]]:
    if isinstance(item, list | tuple):
        yield from ((_joined(path, str(index)), one) for index, one in enumerate(item))
        return
    pairs = list(item.items)
    if isinstance(item, Record):
        # The state of a module, and what a constructor such as OrderedDict is given.
        for state in (item.state, item.arguments):
            pairs += state.items if isinstance(state, Table) else [("", state)]
    for key, value in pairs:
        hidden = key in ("_parameters", "_buffers", "_modules", "") or not isinstance(key, str | int)
        if not (isinstance(key, str) and key.startswith("_") and not hidden):
            yield (path if hidden else _joined(path, str(key))), value


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path and len(path) < 4096 else name


def tensor_shape(record: Record) -> tuple[tuple[int, ...], bool] | None:
    """(shape, is a parameter) of a record that rebuilds a tensor (torch/_utils.py); None for another one."""
    parameter = False
    for _ in range(4):
        callee, arguments = record.callee, record.arguments
        if not isinstance(callee, Import) or not isinstance(arguments, tuple):
            return None
        if callee.path in _WRAPPERS and arguments and isinstance(arguments[0], Record):
            parameter, record = True, arguments[0]
            continue
        if callee.path in _REBUILT and len(arguments) > 2:
            size = arguments[2]
            size = size.arguments if isinstance(size, Record) else size
            if isinstance(size, tuple) and all(isinstance(one, int) for one in size):
                return tuple(one for one in size if isinstance(one, int)), parameter
        return None
    return None


_WRAPPERS: Final = (
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state", "torch.nn.parameter.Parameter",
)  # fmt: skip
_REBUILT: Final = (
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor_v3",
    "torch._utils._rebuild_qtensor",
)  # fmt: skip
