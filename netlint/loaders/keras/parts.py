"""Initialisers, regularisers and constraints of Keras under the field's common names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from netlint.loaders.keras.layer import Layer, real
from netlint.model import Attr, AttrValue, Initializer, Param, Restraint, Span

#: Class names and the older function names, folded to letters alone: (common name, {Keras' word: ours}).
_INITIALIZERS: Final[Mapping[str, str]] = {
    "zeros": "constant",
    "zero": "constant",
    "ones": "constant",
    "one": "constant",
    "constant": "constant",
    "randomnormal": "normal",
    "normal": "normal",
    "randomuniform": "uniform",
    "uniform": "uniform",
    "truncatednormal": "truncated_normal",
    "glorotuniform": "xavier_uniform",
    "glorotnormal": "xavier_normal",
    "heuniform": "kaiming_uniform",
    "henormal": "kaiming_normal",
    "lecununiform": "lecun_uniform",
    "lecunnormal": "lecun_normal",
    "orthogonal": "orthogonal",
    "orthogonalinitializer": "orthogonal",
    "identity": "identity",
    "identityinitializer": "identity",
    "variancescaling": "variance_scaling",
}

#: Keras 2 wrote its named schemes as `VarianceScaling` with these numbers.
_SCALINGS: Final[Mapping[tuple[float, str, str], str]] = {
    (1.0, "fan_avg", "uniform"): "xavier_uniform",
    (1.0, "fan_avg", "normal"): "xavier_normal",
    (2.0, "fan_in", "uniform"): "kaiming_uniform",
    (2.0, "fan_in", "normal"): "kaiming_normal",
    (1.0, "fan_in", "uniform"): "lecun_uniform",
    (1.0, "fan_in", "normal"): "lecun_normal",
}

#: What an argument is to the distribution.
_FIELDS: Final[Mapping[str, str]] = {
    "mean": "mean",
    "stddev": "std",
    "minval": "min",
    "maxval": "max",
    "value": "value",
}

#: Standard deviation and bounds where the source leaves them out (keras/src/initializers/random_initializers.py).
_DEFAULTS: Final[Mapping[str, Mapping[str, float]]] = {
    "normal": {"mean": 0.0, "std": 0.05},
    "truncated_normal": {"mean": 0.0, "std": 0.05},
    "uniform": {"min": -0.05, "max": 0.05},
}

_RESTRAINTS: Final[Mapping[str, str]] = {
    "l1": "l1",
    "l2": "l2",
    "l1l2": "l1_l2",
    "l1_l2": "l1_l2",
    "orthogonalregularizer": "orthogonal",
    "maxnorm": "max_norm",
    "nonneg": "non_neg",
    "unitnorm": "unit_norm",
    "minmaxnorm": "min_max_norm",
    **dict.fromkeys(("weightregularizer", "activityregularizer", "l1l2regularizer"), "l1_l2"),
}


def _object(layer: Layer, key: str) -> tuple[str, Mapping[str, Any], tuple[str, ...]] | None:
    """(class or function name, arguments, the keys that lead to them) of something Keras serialises; None for null."""
    value = layer.config.get(key)
    if isinstance(value, str):
        return value, {}, ()
    if isinstance(value, dict):
        name, config = value.get("class_name", value.get("name")), value.get("config")
        if isinstance(name, str):
            if isinstance(config, dict):
                return name, config, ("config",)
            # A function: `{"class_name": "function", "config": "its_name"}`.
            return (config if isinstance(config, str) else name), value if config is None else {}, ()
    return None


def initializer(layer: Layer, key: str, default: str) -> Initializer:
    """How a weight starts. What the source leaves out is Keras' own default, which it also counts as declared: every
    Keras layer has a sound one."""
    found = _object(layer, key)
    if found is None:
        return Initializer(_INITIALIZERS[_folded(default)], "", _constant(default))
    name, config, path = found
    word = name.rpartition(">")[2]
    # TensorFlow 1.13 to 2.0 counted its versions in the names.
    folded = _folded(word).removesuffix("v1").removesuffix("v2")
    kind = _INITIALIZERS.get(folded, word)
    span = layer.place(key)
    fields = _constant(folded)
    for given, value in config.items():
        number: AttrValue = real(value) if not isinstance(value, str) else value
        if value is not None and given != "seed" and isinstance(number, int | float | str):
            ours = _FIELDS.get(given, given)
            fields[ours] = Attr(ours, number, layer.place(key, *path, given), given)
    for ours, standing in _DEFAULTS.get(kind, {}).items():
        fields.setdefault(ours, Attr(ours, standing))
    if kind == "variance_scaling":
        kind = _scaling(fields) or kind
    return Initializer(kind, word, fields, span)


def _scaling(fields: Mapping[str, Attr]) -> str:
    scale, mode, shape = (
        fields[name].value if name in fields else default
        for name, default in (("scale", 1.0), ("mode", "fan_in"), ("distribution", "truncated_normal"))
    )
    if not isinstance(scale, int | float) or not isinstance(mode, str) or not isinstance(shape, str):
        return ""
    return _SCALINGS.get((float(scale), mode, shape.removeprefix("truncated_").removeprefix("untruncated_")), "")


def _constant(name: str) -> dict[str, Attr]:
    folded = _folded(name)
    if folded in ("ones", "one"):
        return {"value": Attr("value", 1.0)}
    return {"value": Attr("value", 0.0)} if folded in ("zeros", "zero", "constant") else {}


def _folded(name: str) -> str:
    return name.replace("_", "").lower()


def restraint(layer: Layer, key: str) -> Restraint | None:
    """A regulariser or a constraint."""
    found = _object(layer, key)
    if found is None:
        return None
    name, config, path = found
    word = name.rpartition(">")[2]
    fields = {
        given: Attr(given, number, layer.place(key, *path, given), given)
        for given, value in config.items()
        if isinstance(number := real(value), int | float)
    }
    kind = _RESTRAINTS.get(_folded(word), word)
    if kind == "l1_l2":
        # Keras 2 writes every penalty as both, one of them 0.
        given = [name for name in ("l1", "l2") if name in fields and fields[name].value != 0]
        kind = given[0] if len(given) == 1 else kind
        fields = {name: field for name, field in fields.items() if name not in ("l1", "l2") or name in given}
        if not given:
            return None
    return Restraint(kind, word, fields, layer.place(key))


def param(
    layer: Layer, role: str, key: str, default: str, *, frozen: bool, shared: bool, learnable: bool = True
) -> Param:
    """One weight: `key` is its name in Keras (`kernel`, `bias`, `gamma`, ...)."""
    return Param(
        role,
        initializer(layer, f"{key}_initializer", default),
        learnable=learnable,
        lr_mult=Attr("lr_mult", 0, layer.place("trainable"), "trainable") if frozen else None,
        shared=Attr("shared", layer.name) if shared else None,
        span=_span(layer, f"{key}_initializer"),
        regularizer=restraint(layer, f"{key}_regularizer"),
        constraint=restraint(layer, f"{key}_constraint"),
    )


def _span(layer: Layer, key: str) -> Span | None:
    return layer.place(key)
