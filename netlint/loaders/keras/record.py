"""Where layers are constructed: recorded while Keras makes them, for a finished layer does not know its line."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from types import FrameType
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from netlint.model import Source, Span

#: The class below all layers, whose `__new__` every one of them runs through: Keras 3's, and that of tf_keras.
_ROOTS: Final = (
    ("keras", "keras.src.ops.operation", "Operation"),
    ("tf_keras", "tf_keras.src.engine.base_layer", "Layer"),
)


class _Position(NamedTuple):
    """Where a call stands: lines from 1, columns in UTF-8 bytes from 0, as Python counts them."""

    path: str
    line: int
    end_line: int
    column: int
    end_column: int


_recorded: WeakKeyDictionary[Any, _Position] = WeakKeyDictionary()


@contextmanager
def record() -> Iterator[None]:
    """While this lasts, each Keras layer that is made keeps the place of the call that makes it.

    `netlint.lint(model)` then reports at that line. Keras 3 and `tf_keras` are watched, whichever are imported; Keras 3
    is imported when neither is. Raises ImportError where there is no Keras at all.
    """
    roots = [(home, name) for package, home, name in _ROOTS if package in sys.modules] or [_ROOTS[0][1:]]
    restore = []
    for home, name in roots:
        root = getattr(import_module(home), name)
        before = root.__dict__.get("__new__")
        root.__new__ = _watched(root, before)
        restore.append((root, before))
    try:
        yield
    finally:
        for root, before in reversed(restore):
            if before is None:
                del root.__new__
            else:
                root.__new__ = before


def place_of(layer: object) -> Span | None:
    """The call that made this layer; None when nobody watched, or when its source is not there any more."""
    try:
        position = _recorded.get(layer)
    except TypeError:
        return None
    return None if position is None else _span(position)


def _watched(root: Any, before: Any) -> Any:
    make = root.__new__ if before is None else getattr(before, "__func__", before)

    def __new__(cls: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N807 - it takes that method's place
        layer = object.__new__(cls) if make is object.__new__ else make(cls, *args, **kwargs)
        position = _caller(sys._getframe(1))  # noqa: SLF001 - the frame of the caller is what it is for
        if position is not None:
            _recorded.setdefault(layer, position)
        return layer

    return staticmethod(__new__)


def _caller(frame: FrameType | None) -> _Position | None:
    """The innermost call that stands outside of Keras and of this file."""
    while frame is not None:
        path = frame.f_code.co_filename
        if path != __file__ and not path.startswith(_own_folders()):
            for index, (line, end_line, column, end_column) in enumerate(frame.f_code.co_positions()):
                if index == frame.f_lasti // 2 and line is not None:
                    return _Position(path, line, end_line or line, column or 0, end_column or column or 0)
            return None
        frame = frame.f_back
    return None


def _own_folders() -> tuple[str, ...]:
    """Where the packages of Keras lie."""
    found = []
    for package in ("keras", "tf_keras"):
        file = getattr(sys.modules.get(package), "__file__", None)
        if file:
            found.append(os.path.dirname(file) + os.sep)
    return tuple(found)


@lru_cache(maxsize=64)
def _source(path: str, _changed: int) -> Source:
    with open(path, encoding="utf-8", errors="replace") as stream:
        return Source(path, stream.read())


def _span(position: _Position) -> Span | None:
    try:
        source = _source(position.path, os.stat(position.path).st_mtime_ns)
    except OSError:
        # Typed into an interpreter or made by a notebook.
        return None
    start = _offset(source, position.line, position.column)
    return Span(source, start, max(start, _offset(source, position.end_line, position.end_column)))


def _offset(source: Source, line: int, column: int) -> int:
    text = source.line(line)
    characters = len(text.encode("utf-8")[:column].decode("utf-8", "ignore"))
    return source.offset(line) + characters
