"""Loaders: one room a format.

Each room is a package with `NAME`, `match(file)` and `load(file, options)`. `match` looks at the name and the first
bytes and gives a confidence from 0 (not mine) to 100; `load` builds the models of the file and never raises on bad
input: what it refuses becomes a `Problem` named `unreadable-model` on a model without nodes.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Final, Protocol, cast

from netlint.loaders import lfs
from netlint.loaders.file import File
from netlint.loaders.options import InputShape, Live, LoadOptions

if TYPE_CHECKING:
    from netlint.model import Model, Pretrained, Problem

_ROOMS: Final = (
    "netlint.loaders.caffe",
    "netlint.loaders.onnx",
    "netlint.loaders.keras",
    "netlint.loaders.tensorflow",
    "netlint.loaders.torch",
)


#: The rules that say of a file that it was not linted, and that the file is not to blame.
SKIPPED: Final = frozenset({lfs.RULE})


class Loader(Protocol):
    """What a room offers."""

    NAME: str
    #: Endings under which files of this format are looked for in folders.
    SUFFIXES: tuple[str, ...]

    def match(self, file: File) -> int: ...

    def load(self, file: File, options: LoadOptions) -> list[Model]: ...


def loaders() -> list[Loader]:
    """Every room, imported; a room imports its framework only in `load`."""
    return [cast(Loader, import_module(name)) for name in _ROOMS]


def load(file: File, options: LoadOptions | None = None) -> list[Model]:
    """The models of a file, by the loader that recognises it best; none for a file met in a folder that turns out to be
    no model. Raises OSError when the file cannot be read."""
    if file.models is not None:
        options = (options or LoadOptions()).settled(file.path)
        models = file.models(options)
        for model in models:
            model.pretrained = options.pretrained
        return models
    pointer = lfs.problem(file)
    if pointer is not None:
        return [] if _anything(file) else _empty(file, pointer)
    if file.size == 0:
        if _anything(file):
            return []
        return refused(file, "the file is empty", "write the network's definition into it, or restore it")
    best = max(loaders(), key=lambda loader: loader.match(file))
    if best.match(file) == 0:
        if _anything(file):
            return []
        known = ", ".join(f"{loader.NAME} ({' '.join(loader.SUFFIXES)})" for loader in loaders())
        return refused(file, "no loader recognises this file by its name or first bytes", f"netlint reads {known}")
    options = (options or LoadOptions()).settled(file.path)
    models = best.load(file, options)
    for model in models:
        # What the user gives stands above what a solver names.
        if options.pretrained is not None:
            model.pretrained = options.pretrained
    return _of_phase(models)


def _of_phase(models: list[Model]) -> list[Model]:
    """The models of the phase that the user names. One whose source speaks of no phase is in that one; a source that
    has no such phase keeps its own."""
    for model in models:
        model.phase = model.phase or model.task.phase or ""
    chosen = [model for model in models if model.task.phase in (None, model.phase)]
    return chosen if any(model.nodes for model in chosen) else models


def _anything(file: File) -> bool:
    """A file of a folder whose ending says nothing: most JSON is no model."""
    return file.found and file.path.lower().endswith(".json")


def live(target: object, filename: str = "") -> File:
    """A model in memory as a file. Raises TypeError for an object that is none, and ValueError for one too large."""
    from netlint.loaders.keras.live import as_file as keras_file
    from netlint.loaders.onnx.live import as_file as onnx_file
    from netlint.loaders.torch.live import as_file as torch_file

    file = onnx_file(target, filename) or keras_file(target, filename) or torch_file(target, filename)
    if file is not None:
        return file
    kind = type(target)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    raise TypeError(
        f"netlint cannot lint {'None' if target is None else f'an object of type {name}'}: give it a path, a text, "
        "bytes with a `filename`, a Keras model, a torch.nn.Module, or an onnx.ModelProto"
    )


def inside(folder: str) -> str:
    """The file that stands for a folder which is one model (a SavedModel); empty for other folders and for files."""
    from netlint.loaders.tensorflow import FOLDER_FILES

    if os.path.isdir(folder):
        for name in FOLDER_FILES:
            path = os.path.join(folder, name)
            if os.path.isfile(path):
                return path
    return ""


def recognised(path: str) -> bool:
    """Whether a file that lies in a folder is a model: its ending is a room's, and the room takes it for its own. Most
    rooms know their endings; others share them (`.pb`) and look at the first bytes. What a Git LFS pointer stands for
    cannot be looked at: the ending decides."""
    name = path.lower()
    rooms = [loader for loader in loaders() if name.endswith(loader.SUFFIXES)]
    if not rooms:
        return False
    file = File(path, found=True)
    try:
        return any(loader.match(file) > 0 for loader in rooms) or (not _anything(file) and lfs.is_pointer(file.head))
    except OSError:
        # Whoever lints it says why.
        return True


class UnreadableWeights(Exception):
    """A file is no weights file that netlint can read; the message says why."""


def caffe_fork(name: str) -> str:
    """A fork of Caffe's as netlint writes its name. Raises ValueError for a name that is none."""
    from netlint.loaders.caffe.forks import canonical

    return canonical(name)


def profile(name: str) -> str:
    """A deployment profile as netlint writes its name. Raises ValueError for a name that is none."""
    from netlint.model.profile import profile_named

    return profile_named(name).name


def phase(name: str) -> str:
    """A phase as models bear it. Raises ValueError for a name that is none."""
    from netlint.loaders.settings import phase_named

    return phase_named(name)


def read_weights(file: File) -> Pretrained:
    """The names and shapes in a weights file. Raises UnreadableWeights, or OSError when it cannot be reached."""
    from netlint.loaders import torch

    if lfs.is_pointer(file.head):
        path = file.path if file.content is None else ""
        raise UnreadableWeights(f"this is a {lfs.sentence(file.head)}: {lfs.remedy(path)}")

    if torch.match(file) > 0:
        return _checkpoint(file)
    from netlint.loaders.caffe import weights

    try:
        return weights.read_weights(file)
    except weights.Unreadable as error:
        raise UnreadableWeights(str(error)) from None


def _checkpoint(file: File) -> Pretrained:
    from netlint.loaders.torch.checkpoint import load_checkpoint

    model = load_checkpoint(file, LoadOptions())
    if model.pretrained is None:
        raise UnreadableWeights(model.problems[0].message)
    if any(problem.rule == "unsafe-checkpoint" and problem.severity is None for problem in model.problems):
        raise UnreadableWeights(f"{model.problems[0].message}: only its opcodes were looked at")
    return model.pretrained


def refused(file: File, reason: str, remedy: str = "", dialect: str = "") -> list[Model]:
    """A file that cannot be read, as one empty model that says why."""
    from netlint.model import Problem

    return _empty(file, Problem("unreadable-model", reason, None, remedy=remedy), dialect)


def _empty(file: File, problem: Problem, dialect: str = "") -> list[Model]:
    from netlint.model import Model, Source

    return [Model("", dialect, Source(file.path, binary=True), problems=[problem])]


__all__ = [
    "SKIPPED",
    "File",
    "InputShape",
    "Live",
    "LoadOptions",
    "Loader",
    "UnreadableWeights",
    "caffe_fork",
    "inside",
    "live",
    "load",
    "loaders",
    "phase",
    "profile",
    "read_weights",
    "recognised",
    "refused",
]
