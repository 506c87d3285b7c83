"""Checkpoints: what `torch.save` and `torch.jit.save` write, and safetensors. Nothing is unpickled.

A checkpoint has no graph. Its model has the names and shapes of the stored tensors (`Model.pretrained`), what the state
of an optimiser says of the training (`Model.training`), and a problem for what loading it would run. Whole saved
modules are nodes, as far as it is known what they do (`saved`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO, Final, NamedTuple

from netlint.loaders.file import File
from netlint.loaders.options import LoadOptions
from netlint.loaders.torch import LEGACY, safetensors
from netlint.loaders.torch.allowed import LOADS_BYTES, verdict
from netlint.loaders.torch.archive import Refused, bounded_directory
from netlint.loaders.torch.opcodes import Import, Malformed, Record, Walked, named_tensors, walk
from netlint.loaders.torch.optimizer import stored_training
from netlint.loaders.torch.saved.tree import Module, modules_in
from netlint.model import Model, Pretrained, Problem, Source, StoredTensor, Training

#: The pickle without the tensors: that of a model of 100 000 tensors has 20 MB.
_MOST_PICKLE: Final = 64 << 20

#: Magic number, protocol, system; the fourth pickle is the object, the fifth the storages' keys.
_LEGACY_BEFORE: Final = 3
_MOST_NAMED: Final = 3
_DEEPEST: Final = 4


class Contents(NamedTuple):
    """What a checkpoint holds: tensors by name, how it was trained, whole modules, and what is wrong."""

    layers: Mapping[str, tuple[StoredTensor, ...]]
    problems: list[Problem]
    training: Training | None = None
    modules: Sequence[Module] = ()


def load_checkpoint(file: File, options: LoadOptions) -> Model:
    """The checkpoint as a model, without nodes where it holds tensors only. Raises OSError when it cannot be read; bad
    content never raises."""
    source = Source(file.path, binary=True)
    training = Training(weights=options.weights or "pretrained")
    model = Model("", "torch", source, task=options.task, training=training)
    try:
        found = contents(file)
    except Refused as error:
        remedy = error.remedy or "save it again, or fetch the whole file"
        model.problems.append(Problem("unreadable-model", str(error), None, remedy=remedy))
        return model
    model.problems += found.problems
    model.pretrained = Pretrained(file.path, found.layers)
    if found.training is not None:
        model.training = replace(found.training, weights=model.training.weights)
    if found.modules:
        from netlint.loaders.torch.saved.build import add_modules

        add_modules(model, found.modules)
    return model


def contents(file: File) -> Contents:
    """What a checkpoint holds. Raises Refused and OSError."""
    if file.path.lower().endswith(".safetensors") or safetensors.looks_like(file.head, file.size):
        return Contents(*safetensors.contents(file))
    walked = _walked(file)
    modules = [module for one in walked for module in modules_in(one.value)]
    training = stored_training([one.value for one in walked], Source(file.path, binary=True))
    walked += _inside(walked)
    problems = list(_judged(walked))
    found: dict[str, tuple[StoredTensor, ...]] = {}
    for one in walked:
        for name, shape, _ in named_tensors(one.value):
            found.setdefault(name, (StoredTensor(shape),))
    return Contents(found, problems, training, modules)


def _walked(file: File) -> list[Walked]:
    """The pickles of a file that loading it would read."""
    stream: BinaryIO = BytesIO(file.content) if file.content is not None else open(file.path, "rb")  # noqa: SIM115
    try:
        with stream:
            if file.head.startswith(b"PK\x03\x04"):
                return [walk(_member(stream, file.size))]
            data = stream.read(_MOST_PICKLE)
        if not file.head.startswith(LEGACY):
            return [walk(data)]
        found: list[Walked] = []
        at = 0
        for _ in range(_LEGACY_BEFORE + 1):
            found.append(walk(data, at))
            at = found[-1].end
        return found
    except Malformed as error:
        raise Refused(f"this is no checkpoint that can be read: {error}") from None


def _inside(walked: list[Walked]) -> list[Walked]:
    """Pickles in pickles: a tensor that `pickle.dump` wrote holds a file of `torch.save`'s."""
    found: list[Walked] = []
    waiting = [(one, 0) for one in walked]
    # One text of bytes can be named over and over.
    seen: dict[int, bytes] = {}
    size = 0
    while waiting:
        one, depth = waiting.pop()
        for call in one.calls:
            if not isinstance(call.callee, Import) or call.callee.path != LOADS_BYTES:
                continue
            data = call.arguments[0] if isinstance(call.arguments, tuple) and call.arguments else None
            if id(data) in seen:
                continue
            size += len(data) if isinstance(data, bytes) else 0
            if not isinstance(data, bytes) or depth >= _DEEPEST or size > _MOST_PICKLE:
                raise Refused("it holds a pickle inside of a pickle that netlint does not follow")
            seen[id(data)] = data
            inner = _walked(File("", data))
            found += inner
            waiting += ((more, depth + 1) for more in inner)
    return found


def _member(stream: BinaryIO, size: int) -> bytes:
    """`<name>/data.pkl` of a zip."""
    import struct
    import zlib
    from zipfile import BadZipFile, ZipFile

    bounded_directory(stream, size)
    try:
        with ZipFile(stream) as archive:
            names = [name for name in archive.namelist() if name.rpartition("/")[2] == "data.pkl"]
            if not names:
                raise Refused("this zip holds no `data.pkl`: `torch.save` did not write it")
            info = archive.getinfo(min(names, key=len))
            if info.file_size > _MOST_PICKLE:
                raise Refused(f"`{info.filename}` has {info.file_size >> 20} MiB: netlint reads up to 64")
            with archive.open(info) as member:
                return member.read(_MOST_PICKLE + 1)
    except (BadZipFile, ValueError, NotImplementedError, struct.error, EOFError, IndexError, zlib.error) as error:
        raise Refused(f"this is no zip archive that can be read: {error}") from None
    except RuntimeError as error:
        raise Refused(f"the archive cannot be opened: {error}") from None


def _judged(walked: list[Walked]) -> list[Problem]:
    """What loading would run. One finding says the worst of it."""
    finders = {found for one in walked for found in one.finders}
    imports = [found for one in walked for found in one.imports if found not in finders]
    calls = [call for one in walked for call in one.calls if call.callee not in finders]
    run = [(call, call.callee.path) for call in calls if isinstance(call.callee, Import) and _runs(call.callee)]
    unsafe = _distinct([found for found in imports if verdict(found) == "unsafe"])
    if run or unsafe:
        others = [name for name in unsafe if not run or name != run[0][1]]
        also = f", and imports {_listed(others)}" if others else ""
        return [
            Problem(
                "unsafe-checkpoint",
                f"whoever loads this file runs {_spelled(run[0][0])}{also}"
                if run
                else f"whoever loads this file imports {_listed(unsafe)}",
                None,
                remedy="do not load it, unless you wrote it yourself: ask its author for a state_dict or a safetensors "
                "file, and load pickles with `weights_only=True`",
            )
        ]
    foreign = _distinct([found for found in imports if verdict(found) == "code"])
    if not foreign:
        return []
    return [
        Problem(
            "unsafe-checkpoint",
            f"this file holds more than tensors: loading it imports and runs {_listed(foreign)}; `torch.load` refuses "
            "that by default, and it breaks as soon as that code moves",
            None,
            remedy="save `model.state_dict()` instead of the module",
            severity="info",
        )
    ]


def _runs(callee: Import) -> bool:
    return verdict(callee, called=True) == "unsafe"


def _distinct(imports: list[Import]) -> list[str]:
    return list(dict.fromkeys(found.path for found in imports))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(f"`{name[:80]}`" for name in names[:_MOST_NAMED]) + more


def _spelled(call: Record) -> str:
    """A call with its first argument, where that is a short text: `posix.system('...')`."""
    name = call.callee.path if isinstance(call.callee, Import) else "?"
    first = call.arguments[0] if isinstance(call.arguments, tuple) and call.arguments else None
    if not isinstance(first, str | bytes):
        return f"`{name}`"
    shown = ascii(first[:60]).replace("`", "'")
    return f"`{name}({shown}{'...' if len(first) > 60 else ''})`"
