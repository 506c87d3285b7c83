"""Nodes and values of the network that is being read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from netlint.loaders.keras.calls import Argument
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.parts import param
from netlint.model import Attr, AttrValue, Edge, Model, Node, Param, Problem, Value

#: Networks inside networks are built once a call: a small file could ask for billions of nodes.
MOST_NODES: Final = 200_000
#: Calls of such networks; what trains has a few hundred.
MOST_MODELS: Final = 5_000


class TooLarge(Exception):
    """The file describes more nodes than any network has."""


@dataclass(slots=True)
class Arguments:
    """What one call gives its layer: the tensors of the first argument, all arguments with their tensors in place."""

    inputs: list[Value]
    args: list[Argument]
    kwargs: Mapping[str, Argument]

    def value(self, name: str) -> Value | None:
        """The tensor given as a named argument."""
        found = self.kwargs.get(name)
        return found if isinstance(found, Value) else None


@dataclass(slots=True)
class Scope:
    """The network that a layer belongs to: its place among others, and what it says of all its layers."""

    prefix: str = ""
    frozen: bool = False
    shared: bool = False
    depth: int = 0


@dataclass(slots=True)
class Builder:
    """Makes nodes of one model, in execution order."""

    model: Model
    scope: Scope = field(default_factory=Scope)
    #: Models inside that are built so far: they may call each other often without making a node.
    models: int = 0

    def count(self) -> None:
        """One more model inside. Raises TooLarge."""
        self.models += 1
        if self.models > MOST_MODELS:
            raise TooLarge(f"models inside the model are called more than {MOST_MODELS:,} times")

    def called(self, layer: Layer) -> str:
        """A layer's name in the whole model: layers of a network inside have its name before theirs."""
        return f"{self.scope.prefix}{layer.name}"

    def frozen(self, layer: Layer) -> bool:
        return self.scope.frozen or not layer.flag("trainable", True)

    def param(self, layer: Layer, role: str, key: str, default: str, *, learnable: bool = True) -> Param:
        """One weight of a layer: `key` is its name in Keras."""
        return param(
            layer,
            role,
            key,
            default,
            frozen=learnable and self.frozen(layer),
            shared=self.scope.shared or layer.repeated,
            learnable=learnable,
        )

    def emit(
        self,
        op: str,
        layer: Layer,
        inputs: Iterable[Value],
        attrs: Iterable[Attr] = (),
        params: Sequence[Param] = (),
        *,
        word: str = "",
        outputs: int = 1,
        channels_last: bool = False,
        part: str = "",
    ) -> list[Value]:
        """Add a node. `word` is the source's word for it where it is not the layer's class; `part` names a step of a
        layer that takes several: its values get names of their own."""
        nodes = self.model.nodes
        if len(nodes) >= MOST_NODES:
            raise TooLarge(f"the model has more than {MOST_NODES:,} layers once the networks inside it are unfolded")
        name = self.called(layer)
        span = layer.span
        node = Node(
            name,
            op,
            word or layer.word,
            "keras",
            {attr.name: attr for attr in attrs},
            tuple(params),
            span,
            span,
            layer.block,
            channels_last=channels_last,
        )
        for slot, value in enumerate(inputs):
            edge = Edge(value, node, slot)
            node.inputs.append(edge)
            value.uses.append(edge)
        label = f"{name} ({part})" if part else name
        node.outputs += (Value(label if slot == 0 else f"{label}:{slot}", node, slot) for slot in range(outputs))
        nodes.append(node)
        return list(node.outputs)


def tell(
    builder: Builder,
    rule: str,
    message: str,
    layer: Layer,
    remedy: str = "",
    severity: Literal["error", "warning", "info"] | None = None,
) -> None:
    """State a problem at the class of a layer."""
    builder.model.problems.append(Problem(rule, message, layer.span, remedy=remedy, severity=severity))


def plain(name: str, value: AttrValue) -> Attr:
    """An attribute that the source does not spell: what the layer's class implies."""
    return Attr(name, value)
