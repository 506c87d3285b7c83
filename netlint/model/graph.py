"""The network itself: nodes, values and the edges between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from netlint.model.param import Attr, AttrValue, Param
from netlint.model.pretrained import Pretrained
from netlint.model.problem import Problem
from netlint.model.shape import Elements, Shape
from netlint.model.source import Source, Span
from netlint.model.statistics import Statistics
from netlint.model.task import Task
from netlint.model.training import Training
from netlint.model.unknown import UNKNOWN
from netlint.model.variant import Variant

if TYPE_CHECKING:
    import networkx

    Graph = networkx.MultiDiGraph[Any]


@dataclass(slots=True, eq=False)
class Value:
    """One tensor. An in-place write makes a new version under the same name, so a value has one producer at most."""

    name: str
    producer: Node | None
    slot: int = 0
    version: int = 0
    span: Span | None = None
    #: What the source declares; the `Shapes` fact says what is inferred.
    shape: Shape = UNKNOWN
    uses: list[Edge] = field(default_factory=list)
    #: The version of the same name that this one overwrites.
    replaces: Value | None = None
    #: The element type that the source declares (`float32`, `int64`, `bool`, ...); the `Types` fact infers the others.
    dtype: str = ""
    #: The elements that the source gives to a small constant; the `Shapes` fact propagates them.
    elements: Elements | None = None
    #: Stored in the source: a weight, a constant or a table.
    stored: bool = False
    #: What its elements are like, where the user asked to read them.
    statistics: Statistics | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A network inside a node: a branch of `If`, the body of `Loop` or `Scan`.

    Its nodes stand in the model right before their owner and read outer values like any node. `outputs` also arrive at
    the owner, as inputs behind its own.
    """

    name: str
    inputs: tuple[Value, ...]
    outputs: tuple[Value, ...]
    nodes: tuple[Node, ...] = ()


@dataclass(slots=True, eq=False)
class Edge:
    """A value flowing into input `slot` of `node`."""

    value: Value
    node: Node
    slot: int
    span: Span | None = None

    @property
    def producer(self) -> Node | None:
        return self.value.producer


@dataclass(slots=True, eq=False)
class Node:
    """One operator under its ONNX name (`op`), with the source's own word for it (`dialect_op`).

    What ONNX has no name for takes the field's (`MSELoss`) or its dialect's (`caffe::PriorBox`).
    """

    name: str
    op: str
    dialect_op: str
    dialect: str = ""
    attrs: Mapping[str, Attr] = field(default_factory=dict)
    params: tuple[Param, ...] = ()
    span: Span | None = None
    #: Where the source spells the operator (`type: "Convolution"`) and where the whole definition stands.
    op_span: Span | None = None
    block: Span | None = None
    #: Where a layer that is built in one place is called, in sources that do both apart (PyTorch).
    use: Span | None = None
    #: In the operator's own order; an optional input that is left out is a value without a name.
    inputs: list[Edge] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    bodies: tuple[Body, ...] = ()
    #: The first input and the outputs (not the weights) stand as (batch, spatial..., channels). Attributes with one
    #: number a spatial axis mean the same either way; `Shapes` turns shapes around for the operator.
    channels_last: bool = False

    @property
    def label(self) -> str:
        """How messages call this node, in the user's own words: Convolution `conv1`."""
        return f"{self.dialect_op} `{self.name}`" if self.name else f"an unnamed {self.dialect_op}"

    def get(self, name: str, default: AttrValue) -> AttrValue:
        attr = self.attrs.get(name)
        return default if attr is None else attr.value

    def param(self, role: str) -> Param | None:
        for param in self.params:
            if param.role == role:
                return param
        return None

    def place(self, *names: str) -> Attr | Node:
        """The first of these attributes that the source spells out, else the node itself."""
        for name in names:
            attr = self.attrs.get(name)
            if attr is not None and attr.span is not None:
                return attr
        return self

    @property
    def predecessors(self) -> Iterator[Node]:
        return (edge.value.producer for edge in self.inputs if edge.value.producer is not None)

    @property
    def successors(self) -> Iterator[Node]:
        return (edge.node for value in self.outputs for edge in value.uses)


@dataclass(eq=False)
class Model:
    """One network as one framework would build it for one phase.

    Nodes stand in execution order and hold direct references to their neighbours; rules walk those. `graph` is the
    same network for every algorithm that networkx has.
    """

    name: str
    dialect: str
    source: Source
    phase: str = ""
    nodes: list[Node] = field(default_factory=list)
    training: Training = field(default_factory=Training)
    #: The weights file from which training starts, where one is given.
    pretrained: Pretrained | None = None
    #: The model in which this one's weights are learned: its training phase, or the training file beside it.
    trained_as: Model | None = None
    problems: list[Problem] = field(default_factory=list)
    #: The fork of the framework that the source is written for; None for the framework itself.
    variant: Variant | None = None
    task: Task = field(default_factory=Task)
    #: What the source declares as the network's outputs; None where it declares none (Caffe).
    results: tuple[Value, ...] | None = None
    #: Tensors that the source stores, in its order: weights, constants, tables.
    stored: list[Value] = field(default_factory=list)
    #: Names of tensors that the source stores as well and `stored` leaves out: second names of tied ones, counters.
    also_stored: frozenset[str] = frozenset()
    #: Names of stored tensors that no checkpoint keeps: constants of the program, buffers that are not persistent.
    unsaved: frozenset[str] = frozenset()
    #: What each call of a local function gives, where the source has such: a caller need not take all of it.
    calls: list[tuple[Value, ...]] = field(default_factory=list)
    #: The version of each domain's operators that the source is written for; the default domain is "".
    opsets: Mapping[str, int] = field(default_factory=dict)
    #: Shapes by another tool's inference, by name: for values that netlint's own operators leave unknown.
    elsewhere: Mapping[str, Shape] = field(default_factory=dict)
    #: Declared shapes were seen while the network ran (PyTorch's exporter): they stand above what is inferred.
    traced: bool = False
    #: The least and the most that a symbolic extent can be, by its name, as far as the source says.
    extents: Mapping[str, tuple[int | None, int | None]] = field(default_factory=dict)
    #: Other files in which findings may stand: the program that built the network.
    scripts: tuple[Source, ...] = ()

    @property
    def title(self) -> str:
        """The model's name for people: `LeNet (TRAIN)`."""
        name = self.name or "unnamed"
        return f"{name} ({self.phase})" if self.phase else name

    @property
    def values(self) -> Iterator[Value]:
        """Every value that a node produces, in execution order."""
        return (value for node in self.nodes for value in node.outputs)

    @property
    def outputs(self) -> list[Value]:
        """What the source declares as outputs, else the values that nothing consumes."""
        if self.results is not None:
            return list(self.results)
        return [value for value in self.values if not value.uses]

    def take_apart(self) -> None:
        """Forget the nodes. They refer to each other in circles, which only the cyclic collector would free: in a run
        over many files that costs more than reading them."""
        for node in self.nodes:
            for value in node.outputs:
                value.uses.clear()
                value.producer = None
            node.inputs.clear()
            node.outputs.clear()
        for value in self.stored:
            value.uses.clear()
        self.nodes.clear()
        self.stored.clear()
        self.calls.clear()
        self.problems.clear()
        self.results = None
        self.trained_as = None
        vars(self).pop("by_op", None)
        vars(self).pop("graph", None)
        vars(self).pop("words", None)

    @cached_property
    def by_op(self) -> Mapping[str, list[Node]]:
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.op, []).append(node)
        return found

    @cached_property
    def words(self) -> frozenset[str]:
        """The source's own words for its operators, plain and with the dialect in front (`keras::Dense`)."""
        found = {node.dialect_op for node in self.nodes}
        return frozenset((*found, *(f"{self.dialect}::{word}" for word in found)))

    @cached_property
    def graph(self) -> Graph:
        """The network as a frozen `networkx.MultiDiGraph`: its nodes are `Node`s, its edge keys `(value, slot)`.

        Built when first asked for: importing networkx costs more than linting a large network, and most rules walk
        the direct references instead.
        """
        import networkx

        graph: Graph = networkx.MultiDiGraph(name=self.name)
        graph.add_nodes_from((node, {"op": node.op, "name": node.name}) for node in self.nodes)
        for node in self.nodes:
            for edge in node.inputs:
                if edge.value.producer is not None:
                    graph.add_edge(edge.value.producer, node, key=(edge.value, edge.slot), edge=edge)
        networkx.freeze(graph)
        return graph
