"""Stored tensors as values: initialisers, sparse ones, and the nodes that are constants."""

from __future__ import annotations

from typing import Final

from netlint.loaders.onnx import checks
from netlint.loaders.onnx.attributes import plain
from netlint.loaders.onnx.building import Build
from netlint.loaders.onnx.scope import Scope
from netlint.loaders.onnx.sparse import corrupt_sparse
from netlint.loaders.onnx.tensors import corrupt, dtype_of, elements_of, holds, holds_nothing, is_external, shape_of
from netlint.loaders.protobuf import Message
from netlint.model import UNKNOWN, Elements, Shape, Span, Value

#: Constants repeat (shapes, axes, factors): those of up to so many bytes are read once.
_SHORT: Final = 64

#: Longer lists of a `Constant` are tables: no rule reads them.
_MOST_LISTED: Final = 1024


def store_initialisers(build: Build, graph: Message, scope: Scope) -> None:
    """The graph's dense initialisers as values that its nodes can read."""
    text = build.places.text
    for tensor in graph.initializer:
        _store(build, tensor.name, tensor, scope, build.places.of(tensor) if text else None)


def store_sparse(build: Build, graph: Message, scope: Scope) -> None:
    """The graph's sparse initialisers as values."""
    for sparse in graph.sparse_initializer:
        value = Value(sparse.values.name, None, shape=tuple(sparse.dims), dtype=dtype_of(sparse.values), stored=True)
        problem = corrupt_sparse(sparse)
        if problem is not None:
            build.report(checks.at(problem, value))
        build.define(value, scope, "sparse initialiser")
        build.model.stored.append(value)


def _store(build: Build, name: str, tensor: Message, scope: Scope, span: Span | None) -> None:
    dtype, raw, elsewhere = dtype_of(tensor), tensor.raw_data, is_external(tensor)
    key = None
    if 0 < len(raw) <= _SHORT and not elsewhere and not len(tensor.float_data):
        key = (dtype, raw, *tensor.dims[:])
    seen = build.constants.get(key)
    if seen is not None:
        value = Value(name, None, 0, 0, span, seen[0], [], None, dtype, seen[1], True)
    else:
        value = _read(build, name, tensor, dtype, span)
        if key is not None and value.elements is not None:
            build.constants[key] = value.shape, value.elements
    if not name:
        build.report(checks.unnamed(value))
    build.define(value, scope, "initialiser")
    build.model.stored.append(value)
    if build.keep_tensors or elsewhere or len(tensor.external_data):
        build.tensors.append((value, tensor))


def _read(build: Build, name: str, tensor: Message, dtype: str, span: Span | None) -> Value:
    shape = shape_of(tensor)
    value = Value(name, None, 0, 0, span, shape, [], None, dtype, None, True)
    # A text may leave the elements of a weight out: `float[8,4] weight = {}`.
    unwritten = build.places.text and holds_nothing(tensor)
    sound = unwritten or holds(tensor, dtype, shape)
    problem = None if sound else corrupt(tensor, f"tensor `{name}`")
    if problem is not None:
        build.report(checks.at(problem, value))
        value.shape = UNKNOWN
    else:
        value.elements = elements_of(tensor, dtype, shape)
    return value


def store_constant(build: Build, proto: Message, scope: Scope) -> bool:
    """Whether the node `Constant` can be stored as a tensor; then it is."""
    if len(proto.output) != 1 or len(proto.attribute) != 1 or len(proto.input):
        return False
    attribute = proto.attribute[0]
    name, output = attribute.name, proto.output[0]
    span = build.places.of(proto)
    if attribute.ref_attr_name:
        attribute = scope.bindings.get(attribute.ref_attr_name)
        if attribute is None:
            return False
    if name == "value" and attribute.HasField("t"):
        _store(build, output, attribute.t, scope, span)
        return True
    elements: Elements
    shape: Shape
    if name == "value_float" and attribute.type == 1:
        elements, dtype, shape = (plain(attribute.f),), "float32", ()
    elif name == "value_int" and attribute.type == 2:
        elements, dtype, shape = (attribute.i,), "int64", ()
    elif name in ("value_floats", "value_ints") and attribute.type in (6, 7):
        elements = tuple(getattr(attribute, name.removeprefix("value_")))
        dtype, shape = ("float32" if attribute.type == 6 else "int64"), (len(elements),)
    elif name == "value_string" and attribute.type == 3:
        elements, dtype, shape = (attribute.s.decode("utf-8", "replace"),), "string", ()
    else:
        return False
    kept = elements if len(elements) <= _MOST_LISTED else None
    value = Value(output, None, span=span, shape=shape, dtype=dtype, elements=kept, stored=True)
    build.define(value, scope, "output")
    build.model.stored.append(value)
    return True
