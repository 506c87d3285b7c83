"""The optimiser that `compile` was given, as the model's training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from netlint.loaders.keras.layer import real
from netlint.loaders.keras.places import Path, Places
from netlint.model import Attr, Training

#: Optimisers under the names that the rules know; their own word stays in `spelled`.
_OPTIMIZERS: Final[Mapping[str, str]] = {
    "sgd": "SGD",
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSProp",
    "adagrad": "AdaGrad",
    "adadelta": "AdaDelta",
}


@dataclass(frozen=True, slots=True)
class Compiled:
    """What a file says of training, and where."""

    config: Mapping[str, Any]
    places: Places
    path: Path

    def span(self, *more: str | int) -> Any:
        return self.places.span((*self.path, *more))


def optimiser(compiled: Compiled) -> Training:
    key = "optimizer" if "optimizer" in compiled.config else "optimizer_config"
    given = compiled.config.get(key)
    place = compiled.span(key) if given is not None else compiled.span()
    if isinstance(given, str):
        return Training(optimizer=_optimizer_attr(given, place), place=place)
    if not isinstance(given, dict):
        return Training(place=place)
    word, config = given.get("class_name"), given.get("config")
    if isinstance(config, dict) and isinstance(config.get("inner_optimizer"), dict):
        # Mixed precision wraps the optimiser.
        return optimiser(
            replace(compiled, config={key: config["inner_optimizer"]}, path=(*compiled.path, key, "config"))
        )
    config = config if isinstance(config, dict) else {}

    def attr(name: str, *keys: str) -> Attr | None:
        for own in keys:
            if isinstance(config.get(own), int | float):
                value = real(_shortest(config[own]))
                return Attr(name, value, compiled.span(key, "config", own), own)
        return None

    rate, policy = attr("learning_rate", "learning_rate", "lr"), None
    schedule = config.get("learning_rate", config.get("lr"))
    steps: dict[str, Any] = {}
    if isinstance(schedule, dict):
        steps = schedule["config"] if isinstance(schedule.get("config"), dict) else {}
        own = "learning_rate" if "learning_rate" in config else "lr"
        at = (key, "config", own)
        if isinstance(schedule.get("class_name"), str):
            policy = Attr(
                "learning_rate_policy", schedule["class_name"], compiled.span(*at, "class_name"), "class_name"
            )
        first = steps.get("initial_learning_rate")
        if isinstance(first, int | float):
            rate = Attr(
                "learning_rate",
                real(_shortest(first)),
                compiled.span(*at, "config", "initial_learning_rate"),
                "initial_learning_rate",
            )
    limit = attr("gradient_limit", "global_clipnorm", "clipnorm")
    return Training(
        optimizer=_optimizer_attr(word if isinstance(word, str) else "", compiled.span(key, "class_name")),
        learning_rate=rate,
        learning_rate_policy=policy,
        momentum=attr("momentum", "momentum", "beta_1"),
        weight_decay=attr("weight_decay", "weight_decay"),
        second_momentum=attr("second_momentum", "beta_2"),
        accumulated_batches=attr("accumulated_batches", "gradient_accumulation_steps"),
        gradient_limit=limit,
        place=place,
    )


def _optimizer_attr(word: str, span: Any) -> Attr:
    bare = word.rpartition(">")[2]
    return Attr("optimizer", _OPTIMIZERS.get(bare.lower(), bare), span, bare)


def _shortest(number: float) -> float:
    """Keras keeps its numbers as 32 bits: 0.0010000000474974513 was written 0.001."""
    if isinstance(number, int):
        return number
    from struct import pack, unpack

    try:
        narrow = unpack("f", pack("f", number))[0]
    except OverflowError:
        return number
    if narrow != number:
        return number
    for digits in range(1, 10):
        short = float(f"{number:.{digits}g}")
        if unpack("f", pack("f", short))[0] == narrow:
            return short
    return number
