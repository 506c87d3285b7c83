"""Losses and metrics as `compile` keeps them, by the output that each belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from netlint.loaders.keras.layer import real
from netlint.loaders.keras.places import Path
from netlint.model import AttrValue

#: Other names of losses and metrics (keras/src/losses/__init__.py, keras/src/metrics/__init__.py, and Keras 1).
_ALIASES: Final[Mapping[str, str]] = {
    "mse": "MeanSquaredError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "msle": "MeanSquaredLogarithmicError",
    "kld": "KLDivergence",
    "kldivergence": "KLDivergence",
    "kullbackleiblerdivergence": "KLDivergence",
    "bce": "BinaryCrossentropy",
    "logcosh": "LogCosh",
    "acc": "Accuracy",
    "crossentropy": "Crossentropy",
    "ce": "Crossentropy",
    "cosineproximity": "CosineSimilarity",
    "huberloss": "Huber",
    "cosine": "CosineSimilarity",
    "cosineloss": "CosineSimilarity",
}


LOSSES: Final = (
    *("BinaryCrossentropy", "BinaryFocalCrossentropy", "CTC", "CategoricalCrossentropy"),
    *("CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy", "CategoricalHinge", "Circle"),
    *("CosineSimilarity", "Dice", "Hinge", "Huber", "KLDivergence", "LogCosh", "MeanAbsoluteError"),
    *("MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson"),
    *("SparseCategoricalCrossentropy", "SquaredHinge", "Tversky"),
)


#: Operators of losses that have a name elsewhere: with probabilities, and with logits.
OPERATORS: Final[Mapping[str, tuple[str, str]]] = {
    "CategoricalCrossentropy": ("keras::CategoricalCrossentropy", "CrossEntropyLoss"),
    "SparseCategoricalCrossentropy": ("keras::SparseCategoricalCrossentropy", "CrossEntropyLoss"),
    "BinaryCrossentropy": ("BCELoss", "BCEWithLogitsLoss"),
    "MeanSquaredError": ("MSELoss", "MSELoss"),
    "MeanAbsoluteError": ("L1Loss", "L1Loss"),
    "Huber": ("HuberLoss", "HuberLoss"),
}


@dataclass(frozen=True, slots=True)
class Named:
    """A loss or metric: its class, its arguments, the source's word, and where they stand."""

    kind: str
    config: Mapping[str, Any]
    word: str
    path: Path
    config_path: Path


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def _canonical(known: tuple[str, ...], word: str) -> str:
    folded = _folded(word)
    alias = _ALIASES.get(folded, folded)
    return next((name for name in known if name.lower() == alias.lower()), "")


def read_criterion(item: object, path: Path, known: tuple[str, ...]) -> Named | None:
    """A loss or metric by name, or as an object."""
    if isinstance(item, str):
        return Named(_canonical(known, item), {}, item, path, path)
    if isinstance(item, list | tuple) and len(item) == 1:
        return read_criterion(item[0], (*path, 0), known)
    if not isinstance(item, dict):
        return None
    word, config = item.get("class_name"), item.get("config")
    if not isinstance(word, str):
        return None
    if not isinstance(config, dict):
        # A function by its name.
        return Named(_canonical(known, str(config)), {}, str(config), path, path)
    function = config.get("fn")
    if word == "MeanMetricWrapper" and config.get("name") in ("accuracy", "acc"):
        # Keras 2 writes down what it takes "accuracy" for, before it has seen any labels.
        return Named("Accuracy", {}, str(config["name"]), path, path)
    if word in ("MeanMetricWrapper", "LossFunctionWrapper") and function is not None:
        inner = read_criterion(function, (*path, "config", "fn"), known)
        if inner is not None:
            return replace(inner, config={**inner.config, **config}, config_path=(*path, "config"))
    bare = word.rpartition(">")[2]
    return Named("" if ">" in word else _canonical(known, bare), config, bare, path, (*path, "config"))


def losses_of(given: object, path: Path, count: int, names: list[str]) -> Iterator[tuple[int, object, Path]]:
    """(output, loss, place) however the source orders them: one for all, a list, or by the outputs' names."""
    if isinstance(given, list):
        for index, item in enumerate(given):
            yield index, item, (*path, index)
    elif isinstance(given, dict) and "class_name" not in given:
        for name, item in given.items():
            if name in names:
                yield names.index(name), item, (*path, name)
    elif given is not None:
        for index in range(count):
            yield index, given, path


def metrics_of(given: object, path: Path, count: int, names: list[str]) -> Iterator[tuple[int, object, Path]]:
    if isinstance(given, dict) and "class_name" not in given:
        for name, items in given.items():
            if name in names:
                for more, item in enumerate(items if isinstance(items, list) else [items]):
                    yield names.index(name), item, (*path, name, more) if isinstance(items, list) else (*path, name)
        return
    items = given if isinstance(given, list) else [given] if given is not None else []
    nested = bool(items) and all(isinstance(item, list) for item in items)
    for index, item in enumerate(items):
        if nested and isinstance(item, list):
            # A list for each output.
            for more, inner in enumerate(item):
                yield index, inner, (*path, index, more)
        else:
            # Keras gives a metric to every output.
            for output in range(count):
                yield output, item, (*path, index) if isinstance(given, list) else path


def weight_of(weights: object, index: int, names: list[str]) -> AttrValue | None:
    if isinstance(weights, list) and index < len(weights):
        return real(weights[index])
    if isinstance(weights, dict) and index < len(names) and names[index] in weights:
        return real(weights[names[index]])
    return None
