"""Where layers are constructed: recorded while a framework makes them, for a finished layer does not know its line."""

from __future__ import annotations

import copy
import copyreg
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from types import FrameType
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from netlint.model import Source, Span

#: Where copies of layers are made.
_COPIERS: Final = (copy.__file__, copyreg.__file__)


class _Position(NamedTuple):
    """Where a call stands: lines from 1, columns in UTF-8 bytes from 0, as Python counts them."""

    path: str
    line: int
    end_line: int
    column: int
    end_column: int


_recorded: WeakKeyDictionary[Any, _Position] = WeakKeyDictionary()


@contextmanager
def watching(roots: Iterable[Any], packages: tuple[str, ...]) -> Iterator[None]:
    """While this lasts, each object of the classes `roots` keeps the place of the call that makes it: the innermost one
    outside of `packages`, which are the framework's own."""
    restore = []
    for root in roots:
        before = root.__dict__.get("__new__")
        root.__new__ = _watched(root, before, packages)
        restore.append((root, before))
    try:
        yield
    finally:
        for root, before in reversed(restore):
            if before is None:
                del root.__new__
            else:
                root.__new__ = before


def place_of(layer: object, name_of: Callable[[str], str] = str) -> Span | None:
    """The call that made this layer; None when nobody watched, or when its source is not there any more. `name_of` says
    how a file is named."""
    try:
        position = _recorded.get(layer)
    except TypeError:
        return None
    return None if position is None else _span(position, name_of)


def note(made: Any, frame: FrameType | None, packages: tuple[str, ...]) -> None:
    """Keep where `made` is made: `frame` is the innermost call that may do it."""
    position = _caller(made, frame, packages)
    if position is not None:
        # What cannot be a key of a dictionary has no place; it must be made all the same.
        with suppress(TypeError):
            _recorded.setdefault(made, position)


def _watched(root: Any, before: Any, packages: tuple[str, ...]) -> Any:
    make = root.__new__ if before is None else getattr(before, "__func__", before)

    def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807 - it takes that method's place
        layer = object.__new__(cls) if make is object.__new__ else make(cls, *args, **kwargs)
        note(layer, sys._getframe(1), packages)  # noqa: SLF001 - the frame of the caller is what it is for
        return layer

    return staticmethod(__new__)


def _caller(made: object, frame: FrameType | None, packages: tuple[str, ...]) -> _Position | None:
    """The innermost call that stands outside of the framework, of this file, and of what makes the object itself."""
    own = (__file__, *_COPIERS)
    folders = _folders(packages)
    while frame is not None:
        path = frame.f_code.co_filename
        if path not in own and not path.startswith(folders) and not _initialises(frame, made):
            for index, (line, end_line, column, end_column) in enumerate(frame.f_code.co_positions()):
                if index == frame.f_lasti // 2 and line is not None:
                    return _Position(path, line, end_line or line, column or 0, end_column or column or 0)
            return None
        frame = frame.f_back
    return None


def _initialises(frame: FrameType, made: object) -> bool:
    """Whether this is an `__init__` of the object itself, which calls that of its base."""
    code = frame.f_code
    return code.co_name == "__init__" and bool(code.co_argcount) and frame.f_locals.get(code.co_varnames[0]) is made


def _folders(packages: tuple[str, ...]) -> tuple[str, ...]:
    """Where packages lie."""
    files = (getattr(sys.modules.get(package), "__file__", None) for package in packages)
    return tuple(os.path.dirname(file) + os.sep for file in files if file)


@lru_cache(maxsize=64)
def _source(path: str, name: str, _changed: int) -> Source:
    with open(path, encoding="utf-8", errors="replace", newline="") as stream:
        return Source(name, stream.read())


def _span(position: _Position, name_of: Callable[[str], str]) -> Span | None:
    try:
        source = _source(position.path, name_of(position.path), os.stat(position.path).st_mtime_ns)
    except OSError:
        # Typed into an interpreter or made by a notebook.
        return None
    start = _offset(source, position.line, position.column)
    return Span(source, start, max(start, _offset(source, position.end_line, position.end_column)))


def _offset(source: Source, line: int, column: int) -> int:
    text = source.line(line)
    characters = len(text.encode("utf-8")[:column].decode("utf-8", "ignore"))
    return source.offset(line) + characters
