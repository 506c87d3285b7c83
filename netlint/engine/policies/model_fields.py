"""The fields of `Model` and `Training`: what a policy can ask of a network as a whole."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, cast

from netlint.engine.policies.field import Field, integer, plain
from netlint.engine.policies.node_fields import parameters
from netlint.model import Attr, Model, Span, Value

if TYPE_CHECKING:
    from netlint.engine.policies.view import View


def _parameters(view: View, model: Model) -> int | None:
    """A tensor that several nodes share counts once."""
    total, seen = 0, set()
    for node in model.nodes:
        shared = [param.shared.value for param in node.params if param.learnable and param.shared is not None]
        if shared and all(name in seen for name in shared):
            continue
        seen.update(shared)
        count = parameters(view, node)
        if count is None:
            return None
        total += count
    return integer(total)


def _ops(_view: View, model: Model) -> dict[str, int]:
    return {str(plain(op)): len(nodes) for op, nodes in model.by_op.items()}


def inputs(model: Model) -> list[Value]:
    """What the network reads: data and labels, no weights."""
    return [value for node in model.by_op.get("Input", ()) for value in node.outputs]


def _batch_size(view: View, model: Model) -> int | None:
    """The samples of one step of the data layer, else of the first input."""
    sources = model.by_op.get("Input", ())
    for node in sources:
        declared = node.get("batch_size", "")
        if isinstance(declared, int):
            return integer(declared)
    first = inputs(model)
    return view.extent(first[0], "batch") if first else None


def _text(attr: Attr | None) -> str | None:
    return str(plain(attr.value)) if attr is not None and isinstance(attr.value, str) else None


def _number(attr: Attr | None) -> float | None:
    return float(attr.value) if attr is not None and isinstance(attr.value, int | float) else None


def _whole(attr: Attr | None) -> int | None:
    return integer(attr.value) if attr is not None else None


#: Fields of the training at which a finding can stand, each with its name in the model.
TRAINING_PLACES: Final = {
    "optimizer": "optimizer", "learning_rate": "learning_rate", "policy": "learning_rate_policy",
    "momentum": "momentum", "weight_decay": "weight_decay", "iterations": "iterations",
}  # fmt: skip


def training_place(model: Model, names: tuple[str, ...]) -> Attr | Span | None:
    """The first of these fields that the source spells out, else where the training is set up."""
    for name in names:
        attr = getattr(model.training, TRAINING_PLACES[name])
        if attr is not None and attr.span is not None:
            return cast("Attr", attr)
    return model.training.place


MODEL: Final = (
    Field("name", "string", "its name", lambda _view, model: plain(model.name)),
    Field("label", "string", "for messages: its name between backquotes, or `the network`",
          lambda _view, model: f"`{plain(model.name)}`" if model.name else "the network"),
    Field("dialect", "string", "`caffe`, `onnx`, `keras`, `tensorflow` or `torch`", lambda _view, model: model.dialect),
    Field("file", "string", "the name of its file", lambda _view, model: plain(os.path.basename(model.source.path))),
    Field("phase", "string", "`TRAIN` or `TEST` where the source has phases, else empty",
          lambda _view, model: model.phase),
    Field("opset", "int", "the version of ONNX's operators that it is written for",
          lambda _view, model: integer(model.opsets.get(""))),
    Field("parameters", "int", "how many numbers it learns", _parameters, ("Shapes",)),
    Field("node_count", "int", "how many nodes it has, inputs among them", lambda _view, model: len(model.nodes)),
    Field("ops", "map(string,int)", 'how many nodes each operator has: `model.ops["Conv"]`, `"Loop" in model.ops`',
          _ops),
    Field("inputs", "list(Value)", "what it reads: data and labels",
          lambda view, model: [view.value(value) for value in inputs(model)]),
    Field("outputs", "list(Value)", "what it gives to the outside",
          lambda view, model: [view.value(value) for value in model.outputs]),
    Field("deployed", "bool", "whether it is a finished model: it has inputs and no loss",
          lambda view, _model: view.fact("Trainability").deployed, ("Trainability",)),
    Field("learns", "bool", "whether it is trained, or nothing says that it is not",
          lambda view, _model: view.fact("Trainability").learns, ("Trainability",)),
    Field("training", "Training", "how it is trained", lambda view, model: view.training(model)),
)  # fmt: skip

TRAINING: Final = (
    Field("optimizer", "string", "the optimiser in the source's own word",
          lambda _view, model: _text(model.training.optimizer)),
    Field("learning_rate", "double", "the learning rate at the start",
          lambda _view, model: _number(model.training.learning_rate)),
    Field("policy", "string", "the learning rate's schedule",
          lambda _view, model: _text(model.training.learning_rate_policy)),
    Field("momentum", "double", "the momentum", lambda _view, model: _number(model.training.momentum)),
    Field("weight_decay", "double", "the weight decay", lambda _view, model: _number(model.training.weight_decay)),
    Field("iterations", "int", "the number of steps", lambda _view, model: _whole(model.training.iterations)),
    Field("batch_size", "int", "the samples of one step", _batch_size, ("Shapes",)),
    Field("weights", "string", "where it starts: `scratch` or `pretrained`",
          lambda _view, model: None if model.training.weights == "unknown" else model.training.weights),
)  # fmt: skip
