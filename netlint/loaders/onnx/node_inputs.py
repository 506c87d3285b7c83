"""A node's inputs: the values that arrive, and which of them are its parameters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from netlint.loaders.onnx import checks
from netlint.loaders.onnx.building import Build, Refused
from netlint.loaders.onnx.described import MOST_INPUTS
from netlint.loaders.onnx.scope import Scope
from netlint.model import UNKNOWN, Edge, Initializer, Node, Param, Span, Value
from netlint.ops import Operator

#: Stored tensors of a weighted layer start as they are written: training would go on from them.
_STORED: Final = Initializer("stored", declared=True)


def connect(
    build: Build, names: Sequence[str], node: Node, scope: Scope, spans: Sequence[Span | None]
) -> list[str | None]:
    """Let values flow into the node; their element types, None for an input that is left out. `spans` are empty for a
    source without places."""
    if len(names) > MOST_INPUTS:
        raise Refused(f"node `{node.name}` has {len(names):,} inputs: no operator takes so many")
    edges, values = node.inputs, scope.values
    types: list[str | None] = []
    span: Span | None = None
    for slot, name in enumerate(names):
        if spans:
            span = spans[slot] if slot < len(spans) else None
        value = values.get(name)
        if value is None:
            value = _from_outside(build, name, slot, node, scope, span)
        edge = Edge(value, node, slot, span)
        edges.append(edge)
        if name:
            value.uses.append(edge)
            types.append(value.dtype)
        else:
            types.append(None)
    return types


def _from_outside(build: Build, name: str, slot: int, node: Node, scope: Scope, span: Span | None) -> Value:
    """A value that this graph has not made (yet): one of the graphs around it, or nobody's."""
    value = scope.find(name) if name else None
    if value is not None:
        return value
    if name:
        if not scope.makes_later(name):
            build.report(checks.nobody_makes(name, node, slot, scope.values, span))
        elif scope.outer is not None:
            build.report(checks.read_early(name, node, span))
    return Value(name, None)


def params(build: Build, node: Node, described: Operator) -> tuple[Param, ...]:
    """The parameters that arrive as stored tensors."""
    found = []
    edges = node.inputs
    for slot, role in described.roles.items():
        stored = _stored_behind(edges[slot].value) if slot < len(edges) else None
        if stored is not None:
            value, same_layout = stored
            shape = value.shape if same_layout else UNKNOWN
            param = build.params.get((role, shape))
            if param is None or value.span is not None:
                learnable = role not in ("mean", "variance")
                param = Param(role, _STORED, shape, learnable=learnable, span=value.span)
                build.params[role, shape] = param
            found.append(param)
    return tuple(found)


def _stored_behind(value: Value) -> tuple[Value, bool] | None:
    """The stored tensor behind a parameter input, and whether it still has its layout: quantised, cast and copied
    weights are weights; None for a computed one."""
    for _ in range(8):
        if value.stored:
            return value, True
        producer = value.producer
        if producer is None or producer.op not in ("DequantizeLinear", "Cast", "Identity") or not producer.inputs:
            return None
        value = producer.inputs[0].value
    return None
