"""From protobuf messages to the graph: values by name, nodes in execution order, bodies and functions inlined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from netlint.loaders.onnx import attributes, checks
from netlint.loaders.onnx.attributes import by_name, plain
from netlint.loaders.onnx.functions import Expansion, FunctionKey, function_key
from netlint.loaders.onnx.places import Places
from netlint.loaders.onnx.schema import OpSchema, operator_schema
from netlint.loaders.onnx.sparse import corrupt_sparse
from netlint.loaders.onnx.tensors import corrupt, dtype_of, elements_of, holds, holds_nothing, shape_of
from netlint.loaders.onnx.types import NAMED_BY, declared, named_type
from netlint.loaders.options import InputShape, given_shape
from netlint.loaders.protobuf import Message
from netlint.model import (
    UNKNOWN,
    Attr,
    Body,
    Edge,
    Elements,
    Initializer,
    Model,
    Node,
    Param,
    Problem,
    Shape,
    Span,
    Value,
)
from netlint.ops import Operator, operator

#: A node with more inputs than this is no operator of any model, but an attack on memory.
_MOST_INPUTS: Final = 65_536

#: Exporters nest three or four calls.
_DEEPEST_CALLS: Final = 64

#: Stored tensors of a weighted layer start as they are written: training would go on from them.
_STORED: Final = Initializer("stored", declared=True)

_WITH_BODIES: Final = ("If", "Loop", "Scan", "SequenceMap")

_CONVOLUTIONS: Final = ("Conv", "ConvTranspose")

_SOFTMAX: Final = ("Softmax", "LogSoftmax", "Hardmax")


class Refused(Exception):
    """The model cannot be built; the message says why."""


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


@dataclass(frozen=True, slots=True)
class _Described:
    """What is known of an operator in this model, looked up once."""

    op: str
    dialect_op: str
    schema: OpSchema | None
    operator: Operator
    opset: int
    #: The fewest and the most inputs, and the most outputs, where the specification says it (else -1).
    fewest: int = 0
    most: int = -1
    most_outputs: int = -1
    has_required: bool = False
    #: The type, or type variable, of each output; empty for outputs of any types.
    output_types: tuple[str, ...] = ()
    #: An attribute names the outputs' type, or holds a tensor of it.
    typed_by_attribute: bool = False
    #: The outputs' types for inputs of types that agreed: most nodes are like one before.
    seen_types: dict[tuple[int | str, ...], tuple[str, ...]] = field(default_factory=dict)

    def fits(self, inputs: Sequence[str], outputs: Sequence[str]) -> bool:
        """Whether the numbers of inputs and outputs are surely right; `checks.arity` says what is wrong."""
        return self.fewest <= len(inputs) <= self.most and len(outputs) <= self.most_outputs and "" not in inputs


def _described(op: str, dialect_op: str, schema: OpSchema | None, opset: int) -> _Described:
    if schema is None:
        return _Described(op, dialect_op, None, operator(op), opset)
    most, most_outputs = schema.most(schema.inputs), schema.most(schema.outputs)
    return _Described(
        op, dialect_op, schema, operator(op), opset, schema.required_inputs,
        _MOST_INPUTS if most is None else most,
        _MOST_INPUTS if most_outputs is None else most_outputs,
        any(attribute.required for attribute in schema.attributes.values()),
        tuple("" if formal.count == "~" else formal.type for formal in schema.outputs),
        op in NAMED_BY or op == "ConstantOfShape",
    )  # fmt: skip


@dataclass(slots=True)
class Builder:
    """Builds one model. `tensors` collects every stored tensor with its value, for the weight pass."""

    model: Model
    places: Places
    expansion: Expansion
    input_shapes: Sequence[InputShape] = ()
    described: dict[tuple[str, str, int], _Described] = field(default_factory=dict)
    tensors: list[tuple[Value, Message]] = field(default_factory=list)
    #: Attributes that were converted and found right, by their bytes.
    converted: dict[tuple[object, ...], Mapping[str, Attr]] = field(default_factory=dict)
    #: Parameters by role and shape: in a binary file equal ones are one object.
    params: dict[tuple[str, Shape], Param] = field(default_factory=dict)
    #: Functions that are being expanded, outermost first.
    calls: list[FunctionKey] = field(default_factory=list)

    def report(self, problem: Problem) -> None:
        self.model.problems.append(problem)

    # Graphs

    def main(self, graph: Message, opsets: Mapping[str, int], outer: Scope | None = None) -> Scope:
        """The model's own graph: its inputs are nodes, its outputs the model's results."""
        scope = Scope(nodes=graph.node, opsets=opsets, outer=outer)
        self._declare(graph, scope)
        initialisers = {tensor.name for tensor in graph.initializer}
        for info in graph.input:
            dtype, shape = declared(info.type)
            if info.name in initialisers:
                continue
            self._input(info, dtype, shape, scope)
        self._stored(graph, scope)
        self._nodes(graph.node, scope)
        self.model.results = tuple(self._results(graph, scope))
        return scope

    def _declare(self, graph: Message, scope: Scope) -> None:
        for infos in (graph.value_info, graph.output):
            for info in infos:
                scope.declared[info.name] = declared(info.type)

    def _input(self, info: Message, dtype: str, shape: Shape, scope: Scope) -> None:
        if info.name in scope.values:
            self.report(checks.made_twice(info.name, "graph input", scope.values[info.name], self.places.of(info)))
            return
        span = self.places.of(info)
        node = Node(info.name, "Input", "Input", "onnx", span=span, block=span)
        value = Value(info.name, node, span=span, shape=given_shape(self.input_shapes, info.name, shape), dtype=dtype)
        node.outputs.append(value)
        scope.values[info.name] = value
        self.model.nodes.append(node)

    def _stored(self, graph: Message, scope: Scope) -> None:
        for tensor in graph.initializer:
            self._store(tensor.name, tensor, scope, self.places.of(tensor))
        for sparse in graph.sparse_initializer:
            value = Value(
                sparse.values.name, None, shape=tuple(sparse.dims), dtype=dtype_of(sparse.values), stored=True
            )
            problem = corrupt_sparse(sparse)
            if problem is not None:
                self.report(checks.at(problem, value))
            self._define(value, scope, "sparse initialiser")
            self.model.stored.append(value)

    def _store(self, name: str, tensor: Message, scope: Scope, span: Span | None) -> Value:
        dtype, shape = dtype_of(tensor), shape_of(tensor)
        value = Value(name, None, span=span, shape=shape, dtype=dtype, stored=True)
        # A text may leave the elements of a weight out: `float[8,4] weight = {}`.
        unwritten = self.places.text and holds_nothing(tensor)
        sound = unwritten or holds(tensor, dtype, shape)
        problem = None if sound else corrupt(tensor, f"tensor `{name}`")
        if problem is not None:
            self.report(checks.at(problem, value))
            value.shape = UNKNOWN
        else:
            value.elements = elements_of(tensor, dtype, shape)
        if not name:
            self.report(checks.unnamed(value))
        self._define(value, scope, "initialiser")
        self.model.stored.append(value)
        self.tensors.append((value, tensor))
        return value

    def _define(self, value: Value, scope: Scope, what: str) -> None:
        if not value.name:
            return
        first = scope.values.get(value.name)
        if first is not None:
            self.report(checks.made_twice(value.name, what, first, value))
            return
        if scope.outer is not None:
            self._shadows(value, scope.outer)
        scope.values[value.name] = value

    def _shadows(self, value: Value, around: Scope) -> None:
        """Names inside a body differ from those outside (docs/IR.md, "Names Within a Graph")."""
        outer = around.find(value.name)
        if outer is not None:
            self.report(checks.shadows(value, outer))

    def _results(self, graph: Message, scope: Scope) -> Iterable[Value]:
        seen: set[str] = set()
        for info in graph.output:
            if info.name in seen:
                self.report(checks.listed_twice(info.name, self.places.of(info)))
                continue
            seen.add(info.name)
            value = scope.find(info.name)
            if value is None:
                self.report(checks.never_made(info.name, scope.values, self.places.of(info)))
                continue
            yield value

    # Nodes

    def _nodes(self, nodes: Iterable[Message], scope: Scope) -> None:
        """Add nodes in the order in which their inputs are there; the specification wants them in that order."""
        waiting: dict[str, list[Message]] = {}
        early: list[Message] = []
        ready = list(nodes)
        if not self.calls:
            self.model.problems += checks.names_twice(ready, self.places)
        ready.reverse()
        values = scope.values
        while ready:
            proto = ready.pop()
            inputs = list(proto.input)
            for name in inputs:
                if name not in values and name and scope.find(name) is None and scope.makes_later(name):
                    early.append(proto)
                    waiting.setdefault(name, []).append(proto)
                    break
            else:
                self._add(proto, inputs, scope)
                if waiting:
                    for name in proto.output:
                        ready += reversed(waiting.pop(name, ()))
        stuck = [proto for protos in waiting.values() for proto in protos]
        if stuck:
            self.report(checks.cycle(stuck, self.places))
            for proto in sorted(stuck, key=lambda one: one.name):
                self._add(proto, list(proto.input), scope)
        elif early:
            self.report(checks.out_of_order(early, self.places))

    def _add(self, proto: Message, inputs: list[str], scope: Scope) -> None:
        domain, op_type = proto.domain, proto.op_type
        if domain == "ai.onnx":
            domain = ""
        if self.expansion.functions:
            key = function_key(proto)
            if self.expansion.affordable(key):
                if len(self.calls) >= _DEEPEST_CALLS:
                    raise Refused(f"local functions call each other more than {_DEEPEST_CALLS} levels deep")
                self._call(proto, key, scope)
                return
        if op_type == "Constant" and not domain and self._constant(proto, scope):
            return
        known = self.described.get((domain, op_type, scope.opsets.get(domain, 0)))
        if known is None:
            known = self._describe(domain, op_type, scope, proto)
        outputs = list(proto.output)
        name = proto.name or (outputs[0] if outputs else "")
        node = Node(scope.prefix + name if scope.prefix else name, known.op, known.dialect_op, "onnx")
        if self.places.text:
            node.span = self.places.of(proto)
            node.op_span, node.block = self.places.at(proto.op_span), self.places.at(proto.block)
        self._connect(proto, inputs, node, scope)
        schema = known.schema
        if schema is not None:
            if not known.fits(inputs, outputs):
                self.model.problems += checks.arity(inputs, outputs, node, schema)
            if op_type in _SOFTMAX:
                node.attrs = _with_axis(known.opset)
        given = list(proto.attribute)
        if given or known.has_required:
            self._attributes(given, node, known, domain, scope)
        elif op_type == "Constant" and not domain:
            self.report(checks.no_value(node))
        if known.operator.roles:
            node.params = tuple(self._params(node, known.operator))
            if op_type in _CONVOLUTIONS and "kernel_shape" not in node.attrs:
                node.attrs = _with_kernel(node)
        self._outputs(proto, outputs, node, known, scope)
        self.model.nodes.append(node)

    def _attributes(self, given: list[Message], node: Node, known: _Described, domain: str, scope: Scope) -> None:
        # Blocks repeat: in a binary file, where nothing has a place, equal attributes are converted and checked once.
        key: tuple[object, ...] | None = None
        if not self.places.text and not scope.bindings and known.op not in _WITH_BODIES:
            key = (known.op, known.opset, *[one.SerializePartialToString() for one in given])
            same = self.converted.get(key)
            if same is not None:
                node.attrs = same
                return
        attrs, graphs = by_name(given, scope.bindings, self.places)
        node.attrs = {**node.attrs, **attrs} if node.attrs else attrs
        if known.schema is not None:
            found = list(
                attributes.problems(
                    given, node, known.schema, domain, known.opset, self.places, in_function=bool(self.calls)
                )
            )
            self.model.problems += found
            if found:
                key = None
        if graphs:
            self._add_bodies(graphs, node, scope)
        elif key is not None:
            self.converted[key] = node.attrs

    def _describe(self, domain: str, op_type: str, scope: Scope, proto: Message) -> _Described:
        opset = scope.opsets.get(domain, 0)
        op = f"{domain}::{op_type}" if domain else op_type
        schema = operator_schema(domain, op_type, opset) if opset else None
        known = _described(op, op_type if domain in ("", "ai.onnx.ml") else op, schema, opset)
        self.described[domain, op_type, opset] = known
        name = proto.name or (proto.output[0] if len(proto.output) else "")
        if function_key(proto) not in self.expansion.functions:
            self.model.problems += checks.operator_known(
                domain, op_type, opset, schema, scope.prefix + name, self.places.at(proto.op_span)
            )
        return known

    def _connect(self, proto: Message, inputs: list[str], node: Node, scope: Scope) -> None:
        if len(inputs) > _MOST_INPUTS:
            raise Refused(f"node `{node.name}` has {len(inputs):,} inputs: no operator takes so many")
        text = self.places.text
        spans = proto.input_spans if text else ()
        edges, values = node.inputs, scope.values
        span: Span | None = None
        for slot, name in enumerate(inputs):
            value = values.get(name)
            if text:
                span = self.places.at(spans[slot]) if slot < len(spans) else None
            if value is None:
                value = self._from_outside(name, slot, node, scope, span)
            edge = Edge(value, node, slot, span)
            edges.append(edge)
            if name:
                value.uses.append(edge)

    def _from_outside(self, name: str, slot: int, node: Node, scope: Scope, span: Span | None) -> Value:
        """A value that this graph has not made (yet): one of the graphs around it, or nobody's."""
        value = scope.find(name) if name else None
        if value is not None:
            return value
        if name:
            if not scope.makes_later(name):
                self.report(checks.nobody_makes(name, node, slot, scope.values, span))
            elif scope.outer is not None:
                self.report(checks.read_early(name, node, span))
        return Value(name, None)

    def _params(self, node: Node, described: Operator) -> Iterable[Param]:
        for slot, role in described.roles.items():
            if slot < len(node.inputs) and (stored := _stored_behind(node.inputs[slot].value)) is not None:
                value, same_layout = stored
                shape = value.shape if same_layout else UNKNOWN
                param = self.params.get((role, shape))
                if param is None or value.span is not None:
                    learnable = role not in ("mean", "variance")
                    param = Param(role, _STORED, shape, learnable=learnable, span=value.span)
                    self.params[role, shape] = param
                yield param

    def _outputs(self, proto: Message, names: list[str], node: Node, known: _Described, scope: Scope) -> None:
        text = self.places.text
        spans = proto.output_spans if text else ()
        types = self._types(proto, node, known, len(names))
        values, plain = scope.values, scope.outer is None
        span: Span | None = None
        for slot, name in enumerate(names):
            if text:
                span = self.places.at(spans[slot]) if slot < len(spans) else None
            value = Value(name, node, slot, 0, span, UNKNOWN, [], None, types[slot])
            stated = scope.declared.get(name) if name else None
            if stated is not None:
                dtype, value.shape = stated
                if not value.dtype:
                    value.dtype = dtype
                elif dtype and dtype != value.dtype:
                    self.report(checks.declared_type(value, dtype))
            node.outputs.append(value)
            if plain and name and name not in values:
                values[name] = value
            else:
                self._define(value, scope, "output")

    def _types(self, proto: Message, node: Node, known: _Described, count: int) -> Sequence[str]:
        """The element type of each output, by the operator's type variables; empty where it does not follow."""
        if node.bodies:
            if node.op == "If" and len(node.bodies) == 2:
                return checks.branches(node, count, self.report)
            results = node.bodies[0].outputs[node.op == "Loop" :]
            made = [results[slot].dtype if slot < len(results) else "" for slot in range(count)]
            # The body gives one element of the sequence.
            return [f"seq({dtype})" if dtype else "" for dtype in made] if node.op == "SequenceMap" else made
        schema = known.schema
        if schema is None:
            # Outside the specification most operators keep their first input's type, but nobody says so.
            return ("",) * count
        if known.typed_by_attribute:
            checks.bind(node, schema, self.report)
            if node.op == "ConstantOfShape":
                return (_filling(proto),) * count
            first = node.inputs[0].value.dtype if node.inputs else ""
            return (named_type(node.op, node.attrs, first) or "",) * count
        key: tuple[int | str, ...] = (count, *[edge.value.dtype for edge in node.inputs])
        seen = known.seen_types.get(key)
        if seen is not None:
            return seen
        wrong: list[Problem] = []
        types = self._by_variables(checks.bind(node, schema, wrong.append), known, schema, count)
        self.model.problems += wrong
        if not wrong and all(edge.value.name for edge in node.inputs):
            known.seen_types[key] = types
        return types

    def _by_variables(
        self, bound: Mapping[str, str], known: _Described, schema: OpSchema, count: int
    ) -> tuple[str, ...]:
        types = known.output_types
        if len(types) < count:
            types += (types[-1] if types and schema.outputs[-1].count == "*" else "",) * (count - len(types))
        return tuple(_type_of(name, bound, schema.variables) for name in types[:count])

    def _constant(self, proto: Message, scope: Scope) -> bool:
        """Whether the node is a constant that can be stored as one."""
        if len(proto.output) != 1 or len(proto.attribute) != 1 or len(proto.input):
            return False
        attribute = proto.attribute[0]
        name, output = attribute.name, proto.output[0]
        span = self.places.of(proto)
        if attribute.ref_attr_name:
            attribute = scope.bindings.get(attribute.ref_attr_name)
            if attribute is None:
                return False
        if name == "value" and attribute.HasField("t"):
            self._store(output, attribute.t, scope, span)
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
        kept = elements if len(elements) <= 1024 else None
        value = Value(output, None, span=span, shape=shape, dtype=dtype, elements=kept, stored=True)
        self._define(value, scope, "output")
        self.model.stored.append(value)
        return True

    # Bodies and functions

    def _add_bodies(self, graphs: Iterable[Message], node: Node, scope: Scope) -> None:
        node.bodies = tuple(body for attribute in graphs for body in self._bodies(attribute, scope))
        for value in (value for body in node.bodies for value in body.outputs):
            edge = Edge(value, node, len(node.inputs))
            node.inputs.append(edge)
            value.uses.append(edge)

    def _bodies(self, attribute: Message, scope: Scope) -> Iterable[Body]:
        graphs = [attribute.g] if attribute.HasField("g") else list(attribute.graphs)
        for graph in graphs:
            inner = Scope(
                outer=scope, nodes=graph.node, bindings=scope.bindings, prefix=scope.prefix, opsets=scope.opsets
            )
            self._declare(graph, inner)
            inputs = []
            for info in graph.input:
                dtype, shape = declared(info.type)
                value = Value(info.name, None, span=self.places.of(info), shape=shape, dtype=dtype)
                self._shadows(value, scope)
                inner.values[info.name] = value
                inputs.append(value)
            self._stored(graph, inner)
            before = len(self.model.nodes)
            self._nodes(graph.node, inner)
            outputs = []
            for info in graph.output:
                found = inner.find(info.name)
                if found is None:
                    self.report(checks.never_made(info.name, inner.values, self.places.of(info)))
                outputs.append(found or Value(info.name, None))
            yield Body(attribute.name, tuple(inputs), tuple(outputs), tuple(self.model.nodes[before:]))

    def _call(self, proto: Message, key: FunctionKey, scope: Scope) -> None:
        """The nodes of a local function in place of its call."""
        function = self.expansion.functions[key]
        name = proto.name or (proto.output[0] if len(proto.output) else key.name)
        bindings = {attribute.name: attribute for attribute in function.attribute_proto}
        for attribute in proto.attribute:
            given = scope.bindings.get(attribute.ref_attr_name) if attribute.ref_attr_name else attribute
            if given is not None:
                bindings[attribute.name] = given
        opsets = {opset.domain if opset.domain != "ai.onnx" else "": opset.version for opset in function.opset_import}
        inner = Scope(
            nodes=function.node, bindings=bindings, prefix=f"{scope.prefix}{name}/",
            opsets={**scope.opsets, **opsets},
        )  # fmt: skip
        for slot, formal in enumerate(function.input):
            given_name = proto.input[slot] if slot < len(proto.input) else ""
            value = scope.find(given_name) if given_name else None
            if value is None:
                value = Value("", None)
                if given_name and not scope.makes_later(given_name):
                    self.report(checks.nobody_makes_for_call(given_name, name, key.name, scope.values))
            inner.values[formal] = value
        for info in function.value_info:
            inner.declared[info.name] = declared(info.type)
        self.calls.append(key)
        self._nodes(function.node, inner)
        self.calls.pop()
        self.model.calls.append(tuple(value for name in function.output if (value := inner.find(name)) is not None))
        for slot, output in enumerate(proto.output):
            formal = function.output[slot] if slot < len(function.output) else ""
            value = inner.find(formal) if formal else None
            if value is None:
                value = Value(output, None)
                if formal:
                    self.report(checks.never_made(formal, inner.values, None, function=key.name))
            stated = scope.declared.get(output)
            if stated is not None and not isinstance(value.shape, tuple):
                value.shape = stated[1]
            if output:
                if output in scope.values:
                    self.report(checks.made_twice(output, "output", scope.values[output], value))
                scope.values[output] = value


def _with_kernel(node: Node) -> Mapping[str, Attr]:
    """The window of a convolution, which the specification lets readers take from the weight."""
    weight = node.param("weight")
    if weight is None or not isinstance(weight.shape, tuple) or len(weight.shape) < 3:
        return node.attrs
    return {**node.attrs, "kernel_shape": Attr("kernel_shape", weight.shape[2:])}


def _type_of(name: str, bound: Mapping[str, str], variables: Mapping[str, frozenset[str]]) -> str:
    """What a type variable stands for: bound by an input, or the only type that it allows; a type is itself."""
    allowed = variables.get(name)
    if allowed is None:
        return name
    return bound.get(name) or (next(iter(allowed)) if len(allowed) == 1 else "")


def _filling(proto: Message) -> str:
    """The element type of `ConstantOfShape`: that of its value."""
    return next((dtype_of(one.t) for one in proto.attribute if one.name == "value"), "float32")


def _with_axis(opset: int) -> dict[str, Attr]:
    """The axis that the opset's default gives; before opset 13 all axes from there on are one."""
    if opset >= 13:
        return {"axis": Attr("axis", -1)}
    return {"axis": Attr("axis", 1), "flattens": Attr("flattens", 1)}


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
