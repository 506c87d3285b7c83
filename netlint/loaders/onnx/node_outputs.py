"""A node's outputs: new values, and the element types that follow from its inputs and attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netlint.loaders.onnx import checks
from netlint.loaders.onnx.building import Build
from netlint.loaders.onnx.described import WITH_BODIES, Described, Like
from netlint.loaders.onnx.schema import OpSchema
from netlint.loaders.onnx.scope import Scope
from netlint.loaders.onnx.tensors import dtype_of
from netlint.loaders.onnx.types import named_type
from netlint.loaders.protobuf import Message
from netlint.model import UNKNOWN, Node, Problem, Span, Value


def add_outputs(
    build: Build, names: Sequence[str], types: Sequence[str], node: Node, scope: Scope, spans: Sequence[Span | None]
) -> None:
    """The values that the node makes. `spans` are empty for a source without places."""
    values, declared, plain = scope.values, scope.declared, scope.outer is None
    outputs = node.outputs
    span: Span | None = None
    for slot, name in enumerate(names):
        if spans:
            span = spans[slot] if slot < len(spans) else None
        value = Value(name, node, slot, 0, span, UNKNOWN, [], None, types[slot], None, False, None)
        stated = declared.get(name) if name else None
        if stated is not None:
            dtype, value.shape = stated
            if not value.dtype:
                value.dtype = dtype
            elif dtype and dtype != value.dtype:
                build.report(checks.declared_type(value, dtype))
        outputs.append(value)
        if plain and name and name not in values:
            values[name] = value
        else:
            build.define(value, scope, "output")


def output_types(
    build: Build, proto: Message, node: Node, known: Described, count: int, like: Like | None
) -> Sequence[str]:
    """The element type of each output, by the operator's type variables; empty where it does not follow.

    What is found right is kept in `known.sound` under `like`.
    """
    if node.bodies:
        return _of_bodies(build, node, count)
    schema = known.schema
    if schema is None:
        # Outside the specification most operators keep their first input's type, but nobody says so.
        return ("",) * count
    if known.typed_by_attribute:
        checks.bind(node, schema, build.report)
        if node.op == "ConstantOfShape":
            return (_filling(proto),) * count
        first = node.inputs[0].value.dtype if node.inputs else ""
        return (named_type(node.op, node.attrs, first) or "",) * count
    wrong: list[Problem] = []
    types = _by_variables(checks.bind(node, schema, wrong.append), known, schema, count)
    build.model.problems += wrong
    if like is not None and not wrong and node.op not in WITH_BODIES:
        known.sound[like] = types
    return types


def _of_bodies(build: Build, node: Node, count: int) -> Sequence[str]:
    if node.op == "If" and len(node.bodies) == 2:
        return checks.branches(node, count, build.report)
    results = node.bodies[0].outputs[node.op == "Loop" :]
    made = [results[slot].dtype if slot < len(results) else "" for slot in range(count)]
    # The body gives one element of the sequence.
    return [f"seq({dtype})" if dtype else "" for dtype in made] if node.op == "SequenceMap" else made


def _by_variables(bound: Mapping[str, str], known: Described, schema: OpSchema, count: int) -> tuple[str, ...]:
    types = known.output_types
    if len(types) < count:
        types += (types[-1] if types and schema.outputs[-1].count == "*" else "",) * (count - len(types))
    return tuple(_type_of(name, bound, schema.variables) for name in types[:count])


def _type_of(name: str, bound: Mapping[str, str], variables: Mapping[str, frozenset[str]]) -> str:
    """What a type variable stands for: bound by an input, or the only type that it allows; a type is itself."""
    allowed = variables.get(name)
    if allowed is None:
        return name
    return bound.get(name) or (next(iter(allowed)) if len(allowed) == 1 else "")


def _filling(proto: Message) -> str:
    """The element type of `ConstantOfShape`: that of its value."""
    return next((dtype_of(one.t) for one in proto.attribute if one.name == "value"), "float32")
