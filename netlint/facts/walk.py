"""The one walk that facts share: along values, up or down, through the operators that a caller lets pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from netlint.model import Edge, Node, Value
from netlint.ops import operator

#: Whether a walk goes on through this node.
Passes: TypeAlias = Callable[[Node], bool]


def transparent(node: Node) -> bool:
    """Operators that hand their elements on: reshapes, splits, joins, dropout."""
    return operator(node.op).transparent


def linear(node: Node) -> bool:
    """Operators without weights that compute an affine function: a walk through them stays linear."""
    described = operator(node.op)
    return described.linear and described.kind != "weighted"


def upstream(value: Value, passes: Passes) -> Iterator[Node]:
    """Producers of `value`, seen through the nodes that pass: each node at which the walk ends, once."""
    seen: set[Node] = set()
    waiting = [value]
    while waiting:
        producer = waiting.pop().producer
        if producer is None or producer in seen:
            continue
        seen.add(producer)
        if passes(producer):
            # A crop's second input only says how large the result is.
            carriers = producer.inputs[:1] if producer.op == "caffe::Crop" else producer.inputs
            waiting.extend(edge.value for edge in reversed(carriers))
        else:
            yield producer


def sole_source(value: Value, passes: Passes) -> Node | None:
    """The one node at which `upstream` ends; None when there are several, or none."""
    producer = value.producer
    if producer is None or not passes(producer):
        return producer
    sources = upstream(value, passes)
    first = next(sources, None)
    return first if next(sources, None) is None else None


def ancestors(start: Iterable[Node]) -> set[Node]:
    """`start` and every node whose signal arrives there."""
    found = set(start)
    waiting = list(found)
    add, take = found.add, waiting.pop
    while waiting:
        for edge in take().inputs:
            node = edge.value.producer
            if node is not None and node not in found:
                add(node)
                waiting.append(node)
    return found


def downstream(values: Iterable[Value], passes: Passes) -> Iterator[Edge]:
    """Uses of `values`, seen through the nodes that pass: each edge at which the walk ends, once."""
    seen: set[Node] = set()
    waiting = list(values)
    while waiting:
        for edge in waiting.pop().uses:
            if not passes(edge.node):
                yield edge
            elif edge.node not in seen:
                seen.add(edge.node)
                waiting.extend(edge.node.outputs)


def reached(start: Iterable[Node], neighbours: Callable[[Node], Iterable[Node]]) -> set[Node]:
    """`start` and every node that can be reached from it."""
    found = set(start)
    waiting = list(found)
    while waiting:
        for node in neighbours(waiting.pop()):
            if node not in found:
                found.add(node)
                waiting.append(node)
    return found
