"""Keras models in memory: of Keras 3 on any backend, and of `tf_keras`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

from netlint.loaders.file import File, shown
from netlint.loaders.recording import place_of
from netlint.model import Span

_PACKAGES: Final = ("keras", "tf_keras")

#: Models stand inside models no deeper in any network.
_DEEPEST: Final = 32


def as_file(target: object, filename: str) -> File | None:
    """The model as the JSON that Keras would write of it; None for an object of another kind.

    Nothing is imported: whoever hands over a model has its package loaded. Raises ValueError for a model of which
    Keras cannot write the configuration.
    """
    if not any(_is_model(target, sys.modules.get(name)) for name in _PACKAGES):
        return None
    model: Any = target
    text = json.dumps(_described(model), default=_plain)
    constructed = dict(_constructed(model, ()))
    return File(filename or f"<{model.name}>", text.encode("utf-8"), constructed=constructed)


def _is_model(target: object, package: Any) -> bool:
    model = getattr(package, "Model", None)
    return isinstance(model, type) and isinstance(target, model)


def _described(model: Any) -> Mapping[str, Any]:
    """The model's class, layers and training, as `model.to_json()` and `model.get_compile_config()` give them."""
    described: dict[str, Any] = {"class_name": type(model).__name__, "config": {"name": model.name}}
    # The layers of a subclassed model are made by its code: Keras has no configuration of them.
    if _has_layers_to_tell(model):
        try:
            described.update(json.loads(model.to_json()))
        except Exception as error:
            raise ValueError(f"Keras cannot write the configuration of the model `{model.name}`: {error}") from error
    compiled = getattr(model, "compiled", False) or getattr(model, "_is_compiled", False)
    if compiled and "compile_config" not in described:
        try:
            described["compile_config"] = model.get_compile_config()
        except Exception as error:
            raise ValueError(f"Keras cannot write how `{model.name}` is compiled: {error}") from error
    return described


def _has_layers_to_tell(model: Any) -> bool:
    kinds = {base.__name__ for base in type(model).__mro__}
    return bool(kinds & {"Functional", "Sequential"})


def _constructed(model: Any, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Span]]:
    """Where the layers were made, as far as that was recorded; names of models inside stand before their layers'."""
    for layer in model.layers if len(names) < _DEEPEST else ():
        own = (*names, str(layer.name))
        place = place_of(layer, shown)
        if place is not None:
            yield own, place
        if isinstance(getattr(layer, "layers", None), list):
            yield from _constructed(layer, own)


def _plain(value: Any) -> Any:
    """What JSON has no form for: numbers of numpy's, and objects, by their names."""
    return value.item() if hasattr(value, "item") and not getattr(value, "shape", ()) else str(value)
