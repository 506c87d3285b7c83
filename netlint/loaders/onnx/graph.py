"""From protobuf messages to the graph: values by name, nodes in execution order, bodies and functions inlined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from netlint.loaders.onnx import checks
from netlint.loaders.onnx.building import Build, Refused
from netlint.loaders.onnx.described import Described, Like, described
from netlint.loaders.onnx.functions import FunctionKey, function_key
from netlint.loaders.onnx.node_attributes import NO_ATTRIBUTES, set_attributes
from netlint.loaders.onnx.node_inputs import connect, params
from netlint.loaders.onnx.node_outputs import add_outputs, output_types
from netlint.loaders.onnx.scope import Scope
from netlint.loaders.onnx.stored import store_constant, store_initialisers, store_sparse
from netlint.loaders.onnx.types import declared
from netlint.loaders.options import given_shape
from netlint.loaders.protobuf import Message
from netlint.model import Body, Edge, Node, Value

#: Exporters nest three or four calls.
_DEEPEST_CALLS: Final = 64


def build_graph(build: Build, graph: Message, opsets: Mapping[str, int], outer: Scope | None = None) -> Scope:
    """The model's own graph: its inputs are nodes, its outputs the model's results.

    Raises Refused for a graph that cannot be built.
    """
    scope = Scope(nodes=graph.node, opsets=opsets, outer=outer)
    _declare(graph, scope)
    store_initialisers(build, graph, scope)
    for info in graph.input:
        default = scope.values.get(info.name)
        if default is None or not default.stored:
            _add_input(build, info, scope)
    store_sparse(build, graph, scope)
    _add_nodes(build, graph.node, scope)
    build.model.results = tuple(_results(build, graph, scope))
    return scope


def _declare(graph: Message, scope: Scope) -> None:
    for infos in (graph.value_info, graph.output):
        for info in infos:
            scope.declared[info.name] = declared(info.type)


def _add_input(build: Build, info: Message, scope: Scope) -> None:
    span = build.places.of(info)
    dtype, shape = declared(info.type)
    if info.name in scope.values:
        build.report(checks.made_twice(info.name, "graph input", scope.values[info.name], span))
        return
    node = Node(info.name, "Input", "Input", "onnx", span=span, block=span)
    value = Value(info.name, node, span=span, shape=given_shape(build.input_shapes, info.name, shape), dtype=dtype)
    node.outputs.append(value)
    scope.values[info.name] = value
    build.model.nodes.append(node)


def _results(build: Build, graph: Message, scope: Scope) -> Iterator[Value]:
    seen: set[str] = set()
    for info in graph.output:
        if info.name in seen:
            build.report(checks.listed_twice(info.name, build.places.of(info)))
            continue
        seen.add(info.name)
        value = scope.find(info.name)
        if value is None:
            build.report(checks.never_made(info.name, scope.values, build.places.of(info)))
            continue
        yield value


# Nodes


def _add_nodes(build: Build, nodes: Sequence[Message], scope: Scope) -> None:
    """Add nodes in the order in which their inputs are there; the specification wants them in that order."""
    waiting: dict[str, list[tuple[str, Message]]] = {}
    early: list[Message] = []
    names: list[str] = []
    before = len(build.model.problems)
    values = scope.values
    ready: list[tuple[str, Message]] = []
    # protobuf makes an object of a message when it is asked for: each is forgotten as soon as its node is built.
    for proto in nodes:
        label = proto.name
        names.append(label)
        while True:
            inputs = proto.input[:]
            for name in inputs:
                if name not in values and name and scope.find(name) is None and scope.makes_later(name):
                    early.append(proto)
                    waiting.setdefault(name, []).append((label, proto))
                    break
            else:
                _add(build, label, proto, inputs, scope)
                if waiting:
                    for name in proto.output:
                        ready += reversed(waiting.pop(name, ()))
            if not ready:
                break
            label, proto = ready.pop()
    if not build.calls:
        build.model.problems[before:before] = checks.names_twice(names, nodes, build.places)
    stuck = [named for group in waiting.values() for named in group]
    if stuck:
        build.report(checks.cycle([proto for _, proto in stuck], build.places))
        for name, proto in sorted(stuck, key=lambda named: named[0]):
            _add(build, name, proto, proto.input[:], scope)
    elif early:
        build.report(checks.out_of_order(early, build.places))


def _add(build: Build, name: str, proto: Message, inputs: list[str], scope: Scope) -> None:
    domain, op_type = proto.domain, proto.op_type
    if domain == "ai.onnx":
        domain = ""
    if build.expansion.functions:
        key = function_key(proto)
        if build.expansion.affordable(key):
            _call(build, proto, key, scope)
            return
    if op_type == "Constant" and not domain and store_constant(build, proto, scope):
        return
    outputs = proto.output[:]
    if not name and outputs:
        name = outputs[0]
    if scope.prefix:
        name = scope.prefix + name
    known = build.described.get((domain, op_type, scope.opsets.get(domain, 0)))
    if known is None:
        known = _describe(build, domain, op_type, scope, proto, name)
    node = Node(name, known.op, known.dialect_op, "onnx", NO_ATTRIBUTES, (), None, None, None, None, [], [], (), False)
    places = build.places
    text = places.text
    if text:
        node.span = places.of(proto)
        node.op_span, node.block = places.at(proto.op_span), places.at(proto.block)
    types = connect(build, inputs, node, scope, [places.at(span) for span in proto.input_spans] if text else ())
    # Most nodes are like one before, in the number of outputs and the types of their inputs.
    like: Like = (len(outputs), *types)
    made: Sequence[str] | None = known.sound.get(like)
    sound = True
    if made is None and known.schema is not None and not known.fits(inputs, outputs):
        wrong = list(checks.arity(inputs, outputs, node, known.schema))
        if wrong:
            build.model.problems += wrong
            sound = False
    if known.operator.roles:
        node.params = params(build, node, known.operator)
    given = proto.attribute[:]
    if given or known.implies_attributes:
        graphs = set_attributes(build, given, node, known, scope)
        if graphs:
            _add_bodies(build, graphs, node, scope)
    if made is None:
        made = output_types(build, proto, node, known, len(outputs), like if sound else None)
    add_outputs(build, outputs, made, node, scope, [places.at(span) for span in proto.output_spans] if text else ())
    build.model.nodes.append(node)


def _describe(build: Build, domain: str, op_type: str, scope: Scope, proto: Message, name: str) -> Described:
    opset = scope.opsets.get(domain, 0)
    known = build.described[domain, op_type, opset] = described(domain, op_type, opset)
    if function_key(proto) not in build.expansion.functions:
        build.model.problems += checks.operator_known(
            domain, op_type, opset, known.schema, name, build.places.at(proto.op_span)
        )
    return known


# Bodies and functions


def _add_bodies(build: Build, graphs: Iterable[Message], node: Node, scope: Scope) -> None:
    node.bodies = tuple(body for attribute in graphs for body in _bodies(build, attribute, scope))
    for value in (value for body in node.bodies for value in body.outputs):
        edge = Edge(value, node, len(node.inputs))
        node.inputs.append(edge)
        value.uses.append(edge)


def _bodies(build: Build, attribute: Message, scope: Scope) -> Iterator[Body]:
    graphs = [attribute.g] if attribute.HasField("g") else list(attribute.graphs)
    for graph in graphs:
        inner = Scope(outer=scope, nodes=graph.node, bindings=scope.bindings, prefix=scope.prefix, opsets=scope.opsets)
        _declare(graph, inner)
        inputs = []
        for info in graph.input:
            dtype, shape = declared(info.type)
            value = Value(info.name, None, span=build.places.of(info), shape=shape, dtype=dtype)
            build.shadows(value, scope)
            inner.values[info.name] = value
            inputs.append(value)
        store_initialisers(build, graph, inner)
        store_sparse(build, graph, inner)
        before = len(build.model.nodes)
        _add_nodes(build, graph.node, inner)
        outputs = []
        for info in graph.output:
            found = inner.find(info.name)
            if found is None:
                build.report(checks.never_made(info.name, inner.values, build.places.of(info)))
            outputs.append(found or Value(info.name, None))
        yield Body(attribute.name, tuple(inputs), tuple(outputs), tuple(build.model.nodes[before:]))


def _call(build: Build, proto: Message, key: FunctionKey, scope: Scope) -> None:
    """The nodes of a local function in place of its call."""
    if len(build.calls) >= _DEEPEST_CALLS:
        raise Refused(f"local functions call each other more than {_DEEPEST_CALLS} levels deep")
    function = build.expansion.functions[key]
    name = proto.name or (proto.output[0] if len(proto.output) else key.name)
    inner = _called_scope(function, name, proto, scope)
    for slot, formal in enumerate(function.input):
        given_name = proto.input[slot] if slot < len(proto.input) else ""
        value = scope.find(given_name) if given_name else None
        if value is None:
            value = Value("", None)
            if given_name and not scope.makes_later(given_name):
                build.report(checks.nobody_makes_for_call(given_name, name, key.name, scope.values))
        inner.values[formal] = value
    build.calls.append(key)
    _add_nodes(build, function.node, inner)
    build.calls.pop()
    build.model.calls.append(tuple(value for name in function.output if (value := inner.find(name)) is not None))
    for slot, output in enumerate(proto.output):
        formal = function.output[slot] if slot < len(function.output) else ""
        value = inner.find(formal) if formal else None
        if value is None:
            value = Value(output, None)
            if formal:
                build.report(checks.never_made(formal, inner.values, None, function=key.name))
        stated = scope.declared.get(output)
        if stated is not None and not isinstance(value.shape, tuple):
            value.shape = stated[1]
        if output:
            if output in scope.values:
                build.report(checks.made_twice(output, "output", scope.values[output], value))
            scope.values[output] = value


def _called_scope(function: Message, name: str, call: Message, scope: Scope) -> Scope:
    """What the nodes of a function see: its own opsets and declarations, and the attributes that the call gives."""
    bindings = {attribute.name: attribute for attribute in function.attribute_proto}
    for attribute in call.attribute:
        given = scope.bindings.get(attribute.ref_attr_name) if attribute.ref_attr_name else attribute
        if given is not None:
            bindings[attribute.name] = given
    opsets = {opset.domain if opset.domain != "ai.onnx" else "": opset.version for opset in function.opset_import}
    inner = Scope(
        nodes=function.node, bindings=bindings, prefix=f"{scope.prefix}{name}/", opsets={**scope.opsets, **opsets}
    )
    for info in function.value_info:
        inner.declared[info.name] = declared(info.type)
    return inner
