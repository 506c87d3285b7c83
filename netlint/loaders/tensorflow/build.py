"""From operators in execution order to the network: nodes, values, and what stands at their inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from netlint.loaders.options import InputShape, given_shape
from netlint.loaders.tensorflow.constants import dtype_of, elements_of, shape_of, tensor_of
from netlint.loaders.tensorflow.graph import Op, Port
from netlint.loaders.tensorflow.patterns import Match
from netlint.loaders.tensorflow.places import Places
from netlint.loaders.tensorflow.variables import COPIES, VARIABLES, Variables, is_weight, stored_dtype, stored_shape
from netlint.model import UNKNOWN, Attr, AttrValue, Dim, Edge, Elements, Model, Node, Param, Shape, Value, symbol
from netlint.ops import operator

_DIALECT: Final = "tensorflow"

#: No operator of a real graph has more outputs.
_MOST_OUTPUTS: Final = 65_536


@dataclass(slots=True)
class Builder:
    """Builds one model. `made` gives the value that stands for each output of an operator."""

    model: Model
    places: Places
    variables: Variables
    matches: Mapping[Op, Match]
    input_shapes: Sequence[InputShape] = ()
    made: dict[Port, Value] = field(default_factory=dict)
    #: Outputs that are other outputs.
    aliases: dict[Port | None, Port] = field(default_factory=dict)
    nodes: dict[Op, Node] = field(default_factory=dict)
    elsewhere: dict[str, Shape] = field(default_factory=dict)
    #: The variable or constant behind each stored value.
    _origins: dict[Value, Op] = field(default_factory=dict)
    _names: dict[str, int] = field(default_factory=dict)
    _spellings: dict[str, str] = field(default_factory=dict)

    # Names

    def name(self, op: Op) -> str:
        """How messages call the operator: by its own name, where no other has it; the calls around it only help where
        functions are called twice."""
        known = self._spellings.get(op.name)
        if known is None:
            known = op.raw.name if op.raw.name not in self._names else op.name
            self._names[known] = 1
            self._spellings[op.name] = known
        return known

    # Values

    def value(self, port: Port | None) -> Value:
        """The value that arrives from an output."""
        while port in self.aliases:
            port = self.aliases[port]
        if port is None:
            return Value("", None)
        found = self.made.get(port)
        if found is None:
            if port.op.type in VARIABLES or port.op.type == "Const":
                found = self._stored(port.op)
            else:
                node = self.nodes.get(port.op)
                found = self._another(node, port) if node is not None else Value("", None)
            self.made[port] = found
        return found

    def _another(self, node: Node, port: Port) -> Value:
        """A further output of a node: operators do not say how many they have."""
        while len(node.outputs) <= port.index < _MOST_OUTPUTS:
            self._output(node, port.op, len(node.outputs))
        return node.outputs[port.index] if port.index < len(node.outputs) else Value("", None)

    def _output(self, node: Node, op: Op, index: int) -> Value:
        name = self.name(op)
        value = Value(f"{name}:{index}" if index else name, node, index, span=node.span)
        node.outputs.append(value)
        shapes = op.attrs.get("_output_shapes")
        if shapes is not None and index < len(shapes.list.shape):
            self.elsewhere[value.name] = shape_of(shapes.list.shape[index])
        self.made[Port(op, index)] = value
        return value

    def _stored(self, op: Op) -> Value:
        elements: Elements | None = None
        dtype = stored_dtype(op)
        if op.type == "Const":
            tensor = tensor_of(op)
            if tensor is not None:
                elements, dtype = elements_of(tensor), dtype_of(tensor)
        value = Value(
            self.name(op), None, span=self.places.name(op), shape=stored_shape(op), dtype=dtype, elements=elements,
            stored=True,
        )  # fmt: skip
        self.model.stored.append(value)
        self._origins[value] = op
        return value

    def number(self, op: Op, number: float) -> Value:
        """A number that an operator has in itself."""
        value = Value(f"{self.name(op)}/{number:g}", None, shape=(), dtype="float32", elements=(number,), stored=True)
        self.model.stored.append(value)
        return value

    # Nodes

    def alias(self, op: Op, port: Port | None, index: int = 0) -> None:
        """The operator hands its input on. Nothing is made of what nobody reads: most copies are reads of weights."""
        if port is not None:
            self.aliases[Port(op, index)] = port

    def add(
        self,
        op: Op,
        name: str,
        inputs: Iterable[Port | Value | None],
        attrs: Iterable[Attr | None] = (),
        params: tuple[Param, ...] = (),
        *,
        at: Op | None = None,
        word: str = "",
        outputs: int = 1,
        channels_last: bool = False,
    ) -> Node:
        """A node whose outputs are those of `op`. `at` gives it its name and place where another operator does."""
        shown = at or op
        node = self._node(shown, name, word or shown.type)
        node.attrs = {attr.name: attr for attr in attrs if attr is not None}
        node.params = params
        node.channels_last = channels_last
        self.connect(node, shown, inputs)
        for index in range(min(outputs, _MOST_OUTPUTS)):
            self._output(node, op, index)
        if not params:
            node.params = tuple(self._stored_params(node))
        self.nodes[op] = node
        return node

    def step(
        self, op: Op, name: str, inputs: Iterable[Port | Value | None], attrs: Iterable[Attr | None] = ()
    ) -> Value:
        """A node that is part of what an operator does; its one output has no name in the source."""
        node = self._node(op, name, op.type)
        node.attrs = {attr.name: attr for attr in attrs if attr is not None}
        self.connect(node, op, inputs)
        value = Value(f"{self.name(op)}/{name}", node, span=node.span)
        node.outputs.append(value)
        return value

    def _node(self, op: Op, name: str, word: str) -> Node:
        span = self.places.name(op)
        at = self.places.at
        text = self.places.text
        node = Node(
            self.name(op), name, word, _DIALECT, span=span,
            op_span=at(op.raw.op_span) if text and op.raw.HasField("op_span") else None,
            block=at(op.raw.block) if text and op.raw.HasField("block") else None,
        )  # fmt: skip
        self.model.nodes.append(node)
        return node

    def connect(self, node: Node, op: Op, inputs: Iterable[Port | Value | None]) -> None:
        # Only a text has places to look for.
        read = {port: slot for slot, port in reversed(list(enumerate(op.inputs)))} if self.places.text else {}
        for slot, port in enumerate(inputs):
            value = port if isinstance(port, Value) else self.value(port)
            at = read.get(port) if isinstance(port, Port) else None
            edge = Edge(value, node, slot, self.places.input(op, at) if at is not None else None)
            node.inputs.append(edge)
            if value.name:
                value.uses.append(edge)

    def _stored_params(self, node: Node) -> Iterable[Param]:
        """What arrives as an input is a parameter where the operator says so."""
        for slot, role in operator(node.op).roles.items():
            if slot < len(node.inputs):
                value = node.inputs[slot].value
                op = self._origins.get(value)
                if op is not None and is_weight(op):
                    yield self.variables.param(role, op, value.shape)

    def attr(self, op: Op, name: str, value: AttrValue, source: str = "") -> Attr:
        return self.places.attr(op, name, value, source)

    def ahead(self, op: Op) -> Match | None:
        return self.matches.get(op)

    # Inputs of the network

    def input(self, op: Op) -> None:
        """A placeholder, or the first output of a data pipeline."""
        shape = self._declared(op)
        node = self.add(op, "Input", (), outputs=1)
        value = node.outputs[0]
        value.shape = given_shape(self.input_shapes, value.name, shape)
        value.dtype = op.dtype("dtype")
        self.elsewhere.pop(value.name, None)

    def _declared(self, op: Op) -> Shape:
        shape = op.attrs.get("shape")
        found: Shape = shape_of(shape.shape) if shape is not None and shape.HasField("shape") else UNKNOWN
        if isinstance(found, tuple) and not found:
            # Old graphs write an unknown shape as one without extents; `_output_shapes` knows better.
            found = UNKNOWN
        if not isinstance(found, tuple):
            shapes = op.attrs.get("_output_shapes")
            if shapes is not None and len(shapes.list.shape):
                found = shape_of(shapes.list.shape[0])
        if isinstance(found, tuple) and found and not isinstance(found[0], int):
            # All inputs of a network come in one batch.
            rest: tuple[Dim, ...] = found[1:]
            found = (symbol("batch"), *rest)
        return found


def copies(op: Op) -> bool:
    """Whether the operator hands its first input on unchanged."""
    return op.type in COPIES
