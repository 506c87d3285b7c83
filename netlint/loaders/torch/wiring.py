"""Edges from values to the node that reads them."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import Edge, Node, Value


def connect(node: Node, sources: Sequence[Value | None]) -> None:
    """Make these values the node's inputs, in order; one that is left out is a value without a name."""
    last = max((slot for slot, value in enumerate(sources) if value is not None), default=-1)
    for slot, value in enumerate(sources[: last + 1]):
        edge = Edge(value if value is not None else Value("", None), node, slot)
        node.inputs.append(edge)
        if value is not None:
            value.uses.append(edge)
