"""The names that a graph can read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netlint.loaders.protobuf import Message
from netlint.model import Shape, Value


@dataclass(slots=True)
class Scope:
    """The names that a graph can read: its own values, then those around it."""

    values: dict[str, Value] = field(default_factory=dict)
    outer: Scope | None = None
    #: Names that nodes further down will make, filled when a name is missed.
    later: frozenset[str] | None = None
    nodes: Sequence[Message] = ()
    #: What the graph declares of its values.
    declared: dict[str, tuple[str, Shape]] = field(default_factory=dict)
    #: What a function's call gives to the attributes of its nodes, and how its nodes' names begin.
    bindings: Mapping[str, Message] = field(default_factory=dict)
    prefix: str = ""
    opsets: Mapping[str, int] = field(default_factory=dict)

    def find(self, name: str) -> Value | None:
        scope: Scope | None = self
        while scope is not None:
            value = scope.values.get(name)
            if value is not None:
                return value
            scope = scope.outer
        return None

    def makes_later(self, name: str) -> bool:
        """Whether a node of this graph (or of one around it) makes the value at all."""
        scope: Scope | None = self
        while scope is not None:
            if scope.later is None:
                scope.later = frozenset(output for node in scope.nodes for output in node.output)
            if name in scope.later:
                return True
            scope = scope.outer
        return False
