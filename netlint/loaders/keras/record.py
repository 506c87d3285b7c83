"""Keeping the places where Keras layers are constructed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

from netlint.loaders.recording import watching

#: The class below all layers, whose `__new__` every one of them runs through: Keras 3's, and that of tf_keras.
_ROOTS: Final = (
    ("keras", "keras.src.ops.operation", "Operation"),
    ("tf_keras", "tf_keras.src.engine.base_layer", "Layer"),
)


@contextmanager
def record() -> Iterator[None]:
    """While this lasts, each Keras layer that is made keeps the place of the call that makes it.

    `netlint.lint(model)` then reports at that line. Keras 3 and `tf_keras` are watched, whichever are imported; Keras 3
    is imported when neither is. Raises ImportError where there is no Keras at all.
    """
    roots = [(home, name) for package, home, name in _ROOTS if package in sys.modules] or [_ROOTS[0][1:]]
    classes = [getattr(import_module(home), name) for home, name in roots]
    with watching(classes, tuple(package for package, _, _ in _ROOTS)):
        yield
