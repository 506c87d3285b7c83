"""How the graph is trained: the optimiser whose updates stand in it."""

from __future__ import annotations

from typing import Final, Literal

from netlint.loaders.tensorflow.constants import every, tensor_of
from netlint.loaders.tensorflow.graph import Graph, Op, Port
from netlint.loaders.tensorflow.places import Places
from netlint.loaders.tensorflow.roles import Roles
from netlint.loaders.tensorflow.variables import behind
from netlint.model import Attr, Span, Training

#: For each update, by its name without `Apply`: the optimiser, and the slots of the learning rate, the momentum and
#: Adam's second momentum among its inputs (tensorflow/core/ops/training_ops.cc).
_UPDATES: Final[dict[str, tuple[str, int, int, int]]] = {
    "GradientDescent": ("SGD", 1, 0, 0),
    "ProximalGradientDescent": ("SGD", 1, 0, 0),
    "Momentum": ("SGD", 2, 4, 0),
    "KerasMomentum": ("SGD", 2, 4, 0),
    "Adam": ("Adam", 5, 6, 7),
    "AdamWithAmsgrad": ("Adam", 6, 7, 8),
    "AdaMax": ("AdaMax", 4, 5, 6),
    "Adagrad": ("AdaGrad", 2, 0, 0),
    "AdagradV2": ("AdaGrad", 2, 0, 0),
    "ProximalAdagrad": ("AdaGrad", 2, 0, 0),
    "Adadelta": ("AdaDelta", 3, 0, 0),
    "RMSProp": ("RMSProp", 3, 5, 0),
    "CenteredRMSProp": ("RMSProp", 4, 6, 0),
    "Ftrl": ("Ftrl", 4, 0, 0),
    "FtrlV2": ("Ftrl", 4, 0, 0),
}


def training_of(
    graph: Graph, roles: Roles, places: Places, weights: Literal["scratch", "pretrained", "unknown"]
) -> Training:
    """What the first of the updates says, for all of them come from one optimiser; nothing where they differ."""
    known = [(name, node) for name, node in roles.optimizers if name in _UPDATES]
    if not known:
        return Training(weights=weights)
    kinds = {name for name, _ in known}
    name, node = known[0]
    optimizer, rate, momentum, second = _UPDATES[name]
    port = graph.port(graph.main, node.name)
    if port is None or len(kinds) > 1:
        return Training(weights=weights)
    op = port.op
    graph.ordered([port])
    nesterov = name in ("Momentum", "KerasMomentum") and op.flag("use_nesterov")
    place = places.name(op) or Span(places.source, 0, 0)
    steps = {_constant(graph, one.name, _UPDATES[one_name][1], places) for one_name, one in known}
    return Training(
        weights=weights,
        optimizer=Attr("optimizer", "Nesterov" if nesterov else optimizer, places.at(op.raw.op_span), name),
        learning_rate=_constant(graph, node.name, rate, places) if len({_value(one) for one in steps}) == 1 else None,
        momentum=_constant(graph, node.name, momentum, places) if momentum else None,
        second_momentum=_constant(graph, node.name, second, places) if second else None,
        place=place,
    )


def _value(attr: Attr | None) -> object:
    return attr.value if attr is not None else None


def _constant(graph: Graph, name: str, slot: int, places: Places) -> Attr | None:
    """The number that arrives at an input of an update, where it is a constant."""
    port = graph.port(graph.main, name)
    if port is None:
        return None
    if not port.op.inputs:
        graph.ordered([port])
    return _number(port.op, slot, places)


def _number(op: Op, slot: int, places: Places) -> Attr | None:
    given: Port | None = op.input(slot)
    constant = behind(given)
    if constant is None or constant.type != "Const":
        return None
    tensor = tensor_of(constant)
    value = None if tensor is None else every(tensor)
    if value is None:
        return None
    return Attr("learning_rate", value, places.at(constant.place("value")), constant.raw.name.rpartition("/")[2])
