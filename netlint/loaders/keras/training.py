"""`compile()` as the file keeps it: losses and metrics as nodes, the optimiser as the model's training."""

from __future__ import annotations

from netlint.loaders.keras.criteria import LOSSES, OPERATORS, Named, losses_of, metrics_of, read_criterion, weight_of
from netlint.loaders.keras.layer import real
from netlint.loaders.keras.optimiser import Compiled, optimiser
from netlint.model import UNKNOWN, Attr, AttrValue, Edge, Model, Node, Value


def add_training(model: Model, compiled: Compiled, names: list[str]) -> None:
    """Append loss and metric nodes to a model, and say how it is trained. `names` are those of its outputs."""
    outputs = list(model.results or ())
    targets: dict[int, Value] = {}
    weights = compiled.config.get("loss_weights")
    for index, item, path in losses_of(compiled.config.get("loss"), ("loss",), len(outputs), names):
        loss = read_criterion(item, path, LOSSES)
        if loss is not None and index < len(outputs):
            weight = weight_of(weights, index, names)
            _loss(model, compiled, loss, outputs[index], _target(model, targets, index, names, compiled), weight)
    for key in ("metrics", "weighted_metrics"):
        for index, item, path in metrics_of(compiled.config.get(key), (key,), len(outputs), names):
            from netlint.ops.keras_losses import METRICS

            metric = read_criterion(item, path, METRICS)
            if metric is not None and index < len(outputs):
                _metric(model, compiled, metric, outputs[index], _target(model, targets, index, names, compiled))
    model.training = optimiser(compiled)


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
    elif loss.kind in OPERATORS:
        op = OPERATORS[loss.kind][logits]
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
