"""`compile()` as the file keeps it: losses and metrics as nodes, the optimiser as the model's training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from netlint.loaders.keras.layer import real
from netlint.loaders.keras.places import Path, Places
from netlint.model import UNKNOWN, Attr, AttrValue, Edge, Model, Node, Training, Value

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

_LOSSES: Final = (
    *("BinaryCrossentropy", "BinaryFocalCrossentropy", "CTC", "CategoricalCrossentropy"),
    *("CategoricalFocalCrossentropy", "CategoricalGeneralizedCrossEntropy", "CategoricalHinge", "Circle"),
    *("CosineSimilarity", "Dice", "Hinge", "Huber", "KLDivergence", "LogCosh", "MeanAbsoluteError"),
    *("MeanAbsolutePercentageError", "MeanSquaredError", "MeanSquaredLogarithmicError", "Poisson"),
    *("SparseCategoricalCrossentropy", "SquaredHinge", "Tversky"),
)

#: Operators of losses that have a name elsewhere: with probabilities, and with logits.
_OPERATORS: Final[Mapping[str, tuple[str, str]]] = {
    "CategoricalCrossentropy": ("keras::CategoricalCrossentropy", "CrossEntropyLoss"),
    "SparseCategoricalCrossentropy": ("keras::SparseCategoricalCrossentropy", "CrossEntropyLoss"),
    "BinaryCrossentropy": ("BCELoss", "BCEWithLogitsLoss"),
    "MeanSquaredError": ("MSELoss", "MSELoss"),
    "MeanAbsoluteError": ("L1Loss", "L1Loss"),
    "Huber": ("HuberLoss", "HuberLoss"),
}

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


def _read(item: object, path: Path, known: tuple[str, ...]) -> Named | None:
    """A loss or metric by name, or as an object."""
    if isinstance(item, str):
        return Named(_canonical(known, item), {}, item, path, path)
    if isinstance(item, list | tuple) and len(item) == 1:
        return _read(item[0], (*path, 0), known)
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
        inner = _read(function, (*path, "config", "fn"), known)
        if inner is not None:
            return replace(inner, config={**inner.config, **config}, config_path=(*path, "config"))
    bare = word.rpartition(">")[2]
    return Named("" if ">" in word else _canonical(known, bare), config, bare, path, (*path, "config"))


def add_training(model: Model, compiled: Compiled, names: list[str]) -> None:
    """Append loss and metric nodes to a model, and say how it is trained. `names` are those of its outputs."""
    outputs = list(model.results or ())
    targets: dict[int, Value] = {}
    weights = compiled.config.get("loss_weights")
    for index, item, path in _each(compiled.config.get("loss"), ("loss",), len(outputs), names):
        loss = _read(item, path, _LOSSES)
        if loss is not None and index < len(outputs):
            weight = _weight(weights, index, names)
            _loss(model, compiled, loss, outputs[index], _target(model, targets, index, names, compiled), weight)
    for key in ("metrics", "weighted_metrics"):
        for index, item, path in _metrics(compiled.config.get(key), (key,), len(outputs), names):
            from netlint.ops.keras_losses import METRICS

            metric = _read(item, path, METRICS)
            if metric is not None and index < len(outputs):
                _metric(model, compiled, metric, outputs[index], _target(model, targets, index, names, compiled))
    model.training = _optimiser(compiled)


def _each(given: object, path: Path, count: int, names: list[str]) -> Iterator[tuple[int, object, Path]]:
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


def _metrics(given: object, path: Path, count: int, names: list[str]) -> Iterator[tuple[int, object, Path]]:
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


def _weight(weights: object, index: int, names: list[str]) -> AttrValue | None:
    if isinstance(weights, list) and index < len(weights):
        return real(weights[index])
    if isinstance(weights, dict) and index < len(names) and names[index] in weights:
        return real(weights[names[index]])
    return None


def _target(model: Model, targets: dict[int, Value], index: int, names: list[str], compiled: Compiled) -> Value:
    """The labels that `fit` gets for one output: an input of the training network."""
    if index not in targets:
        several = len(model.results or ()) > 1 and index < len(names)
        name = f"target of {names[index]}" if several else "target"
        node = Node(name, "Input", "target", "keras", span=compiled.span("loss"), block=compiled.span())
        node.outputs.append(Value(name, node))
        model.nodes.append(node)
        targets[index] = node.outputs[0]
    return targets[index]


def _attach(model: Model, node: Node, inputs: list[Value], name: str) -> None:
    for slot, value in enumerate(inputs):
        edge = Edge(value, node, slot)
        node.inputs.append(edge)
        value.uses.append(edge)
    node.outputs.append(Value(name, node))
    model.nodes.append(node)


def _attrs(compiled: Compiled, found: Named) -> dict[str, Attr]:
    attrs = {}
    for key, value in found.config.items():
        if key in ("name", "fn", "dtype") or not isinstance(value, str | bool | int | float | list):
            continue
        span = compiled.span(*found.config_path, key)
        given: AttrValue = value if isinstance(value, bool | str) else real(value)
        attrs[key] = Attr(key, tuple(real(item) for item in value) if isinstance(value, list) else given, span, key)
    return attrs


def _loss(
    model: Model, compiled: Compiled, loss: Named, output: Value, target: Value, weight: AttrValue | None
) -> None:
    attrs = _attrs(compiled, loss)
    logits = attrs["from_logits"].value is True if "from_logits" in attrs else False
    if not loss.kind:
        op = "keras::CustomLoss"
    elif loss.kind in _OPERATORS:
        op = _OPERATORS[loss.kind][logits]
    else:
        op = f"keras::{loss.kind}"
    if "Categorical" in loss.kind:
        attrs.setdefault("axis", Attr("axis", -1))
        attrs["sparse"] = Attr("sparse", loss.kind.startswith("Sparse"))
    if weight is not None:
        attrs["loss_weight"] = Attr("loss_weight", (weight if isinstance(weight, int | float) else UNKNOWN,))
    span = compiled.span(*loss.path)
    name = target.name.replace("target", "loss", 1)
    node = Node(name, op, loss.word, "keras", attrs, span=span, op_span=span, block=compiled.span())
    _attach(model, node, [output, target], node.name)


def _metric(model: Model, compiled: Compiled, metric: Named, output: Value, target: Value) -> None:
    op = f"keras::metrics::{metric.kind or 'CustomMetric'}"
    span = compiled.span(*metric.path)
    node = Node(metric.word, op, metric.word, "keras", _attrs(compiled, metric), span=span, op_span=span)
    node.block = compiled.span()
    _attach(model, node, [output, target], metric.word)


def _optimiser(compiled: Compiled) -> Training:
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
        return _optimiser(
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
