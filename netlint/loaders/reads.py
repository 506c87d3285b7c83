"""What is read or looked for while a file is linted, so that a kept result is used only while all of it is the same.

Whoever looks at the disk says so here: `note` for what is read, `is_file` and the like for what is only looked for.
"""

from __future__ import annotations

import errno
import os
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final, TypeAlias

#: (what is looked at, path) -> how it is.
Reads: TypeAlias = dict[tuple[str, str], str]

#: Where a configuration may stand, in a file's folder or in one above it.
CONFIGURATIONS: Final = ("pyproject.toml", ".netlint.yaml")

#: What is read once a run, when it is first looked at.
ONCE: Final = ("config", "tree")

#: Larger files are known by their size and times alone: of their content, weights, nothing is read.
_LARGE: Final = 4 << 20
#: A file that changed so shortly ago may change again without its times saying so; in seconds.
_YOUNG: Final = 3.0

_reads: ContextVar[Reads | None] = ContextVar("reads", default=None)


@contextmanager
def recorded() -> Iterator[Reads]:
    """While this lasts, everything that is looked at, and how it was before that."""
    reads: Reads = {}
    token = _reads.set(reads)
    try:
        yield reads
    finally:
        _reads.reset(token)


def note(kind: str, path: str, once: dict[str, str] | None = None) -> None:
    """Something is about to be looked at: `kind` is one of `KINDS`. What is read once for many files has the state of
    that time, by its path in `once`."""
    reads = _reads.get()
    if reads is None or (kind, path) in reads:
        return
    if once is None:
        reads[kind, path] = state(kind, path)
        return
    if path not in once:
        once[path] = state(kind, path)
    reads[kind, path] = once[path]


def is_file(path: str) -> bool:
    """As os.path.isfile, noted."""
    note("type", path)
    return os.path.isfile(path)


def exists(path: str) -> bool:
    """As os.path.exists, noted."""
    note("type", path)
    return os.path.exists(path)


def state(kind: str, path: str) -> str:
    """How something is now, in a few characters. Never raises OSError."""
    try:
        return KINDS[kind](path)
    except OSError as error:
        return f"error {errno.errorcode.get(error.errno or 0, '?')}"
    except ValueError:
        return "no path"


def watched(reads: Reads) -> tuple[str, ...]:
    """The paths among them whose change may change what is found; of a folder that counts with everything in it, with
    a separator at its end. Of a folder in which names were only looked for, too much changes."""
    found: dict[str, None] = {}
    for kind, path in reads:
        if kind == "config":
            found.update((os.path.join(path, name), None) for name in CONFIGURATIONS)
        elif kind == "tree":
            found[os.path.join(path, "")] = None
        elif kind != "names":
            found[path] = None
    return tuple(found)


def digest(data: bytes) -> str:
    """The identity of a content."""
    try:
        # What `hashlib` has as well, without its import of a whole library for other hashes.
        from _blake2 import blake2b
    except ImportError:
        from hashlib import blake2b

    return blake2b(data, digest_size=16).hexdigest()


def _content(path: str) -> str:
    status = os.stat(path)
    if not stat.S_ISREG(status.st_mode):
        return "no file"
    if status.st_size > _LARGE:
        changed = max(status.st_mtime, status.st_ctime)
        if time.time() - changed < _YOUNG:
            return f"young {os.urandom(8).hex()}"
        return f"large {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino} {status.st_dev}"
    with open(path, "rb", buffering=0) as stream:
        return digest(stream.read())


def _type(path: str) -> str:
    return oct(stat.S_IFMT(os.stat(path).st_mode))


def _names(folder: str) -> str:
    with os.scandir(folder) as entries:
        return digest("\0".join(sorted(entry.name for entry in entries)).encode("utf-8", "surrogateescape"))


def _config(folder: str) -> str:
    """Of every file in which a configuration of this folder may stand."""
    states = []
    while True:
        states += [state("content", os.path.join(folder, name)) for name in CONFIGURATIONS]
        above = os.path.dirname(folder)
        if above == folder:
            return digest("\0".join(states).encode())
        folder = above


def _tree(folder: str) -> str:
    """Of all files below a folder, their times of change and sizes: netlint's own files and rules are known by them."""
    lines = [f"{path} {changed} {size}" for path, changed, size in _stamps(folder)]
    return digest("\n".join(lines).encode("utf-8", "surrogateescape"))


def _stamps(folder: str) -> Iterator[tuple[str, int, int]]:
    """(path, time of change in nanoseconds, bytes) of everything below a folder but bytecode."""
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name == "__pycache__":
            continue
        if entry.is_dir():
            yield from _stamps(entry.path)
        else:
            status = entry.stat(follow_symlinks=False)
            yield entry.path, status.st_mtime_ns, status.st_size


def _status(path: str) -> str:
    own = os.lstat(path)
    there = os.stat(path)
    return f"{own.st_mode:o} {there.st_mode:o} {there.st_nlink} {there.st_size} {os.path.realpath(path)}"


#: What can be looked at: the content of a file, whether there is a file or folder, the names in a folder, what the
#: file system says of a file, the configuration of a folder,
#: everything below one.
KINDS: Final[Mapping[str, Callable[[str], str]]] = {
    "content": _content,
    "type": _type,
    "names": _names,
    "status": _status,
    "config": _config,
    "tree": _tree,
}
