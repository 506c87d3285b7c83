"""Which files a run is about: those that are named, and those of folders that a loader takes for its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from netlint import loaders
from netlint.loaders import File

_SKIPPED_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "venv", "site-packages"})


def as_file(target: object, filename: str) -> File:
    """A path, a text, bytes or a model in memory as a file. Raises TypeError for what is none of them, and ValueError
    for a model that is too large."""
    if isinstance(target, str) and ("\n" in target or "{" in target):
        return File(filename or "<text>", target.encode("utf-8"))
    if isinstance(target, str | os.PathLike):
        path: str = os.fspath(target)
        return File(loaders.inside(path) or path)
    if isinstance(target, bytes):
        return File(filename or "<bytes>", target)
    return loaders.live(target, filename)


def files(targets: Iterable[object], filename: str, failed: Callable[[str, str], None]) -> Iterator[File]:
    """Each file once, folders in sorted order; `failed` takes a folder that cannot be read, and why."""
    seen: set[str] = set()
    for target in targets:
        file = as_file(target, filename)
        if file.content is not None:
            yield file
            continue
        folder = os.path.isdir(file.path)
        for path in _walk(file.path, failed) if folder else [file.path]:
            key = os.path.realpath(path)
            if key not in seen:
                seen.add(key)
                yield File(path, found=folder)


def folders(folder: str, failed: Callable[[str, str], None]) -> Iterator[tuple[str, list[str]]]:
    """A folder and those below it, each with the names of its files; hidden ones and installed packages are left
    out."""

    def note(error: OSError) -> None:
        failed(str(error.filename or folder), error.strerror or str(error))

    for root, below, names in os.walk(folder, onerror=note):
        below[:] = sorted(name for name in below if not name.startswith(".") and name not in _SKIPPED_FOLDERS)
        yield root, sorted(names)


def _walk(folder: str, failed: Callable[[str, str], None]) -> Iterator[str]:
    """Files below a folder that a loader takes for its own."""
    for root, names in folders(folder, failed):
        yield from (path for name in names if loaders.recognised(path := os.path.join(root, name)))
