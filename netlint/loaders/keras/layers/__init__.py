"""What each layer of Keras is to the network: one file a family, each with a table `LAYERS` by Keras 3's class names.

A translation takes the builder, the layer and the arguments of one call, adds nodes, and gives the layer's outputs.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final, TypeAlias

from netlint.loaders.keras.build import Arguments, Builder
from netlint.loaders.keras.layer import Layer
from netlint.model import Value

Translation: TypeAlias = Callable[[Builder, Layer, Arguments], list[Value]]

#: The files, those of the most frequent layers first: what a network does not use is not even imported.
_FAMILIES: Final = (
    *("core", "convolution", "normalisation", "pooling", "merging", "reshaping", "regularisation", "activation"),
    *("recurrent", "wrapping", "attention", "preprocessing", "lookup"),
)

_known: dict[str, Translation] = {}
_unread: Final = list(reversed(_FAMILIES))


def translation(kind: str) -> Translation | None:
    """How a layer of this class is translated; None for a class that Keras does not have."""
    found = _known.get(kind)
    while found is None and _unread:
        family: Any = import_module(f"netlint.loaders.keras.layers.{_unread.pop()}")
        _known.update(family.LAYERS)
        found = _known.get(kind)
    return found


def kinds() -> frozenset[str]:
    """Every class that netlint knows."""
    translation("")
    return frozenset(_known)
