"""Nodes made by hand: an operator with shapes at its inputs, and what it says of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netlint.model import Attr, AttrValue, Body, Edge, Elements, Node, Problem, Shape, Value
from netlint.ops import Arrived, Outcome, operator


@dataclass(frozen=True, slots=True)
class Said:
    """What a shape function gives and reports."""

    outcome: Outcome
    problems: tuple[Problem, ...]
    node: Node

    @property
    def shape(self) -> Shape:
        return self.outcome.outputs[0]

    @property
    def told(self) -> tuple[tuple[str, str], ...]:
        return tuple((problem.rule, problem.message) for problem in self.problems)


@dataclass(frozen=True, slots=True)
class Given:
    """One input: its shape, and perhaps its elements. `stored` is a weight or constant; without a name it is left out."""

    shape: Shape
    elements: Elements | None = None
    stored: bool = False
    name: str | None = None


def vector(*elements: object) -> Given:
    """A stored vector of these elements."""
    return Given((len(elements),), elements, stored=True)  # type: ignore[arg-type]


def scalar(element: object) -> Given:
    """A stored scalar."""
    return Given((), (element,), stored=True)  # type: ignore[arg-type]


OMITTED = Given((), name="")


def node_of(
    op: str,
    inputs: Sequence[Given],
    attrs: Mapping[str, AttrValue],
    outputs: int,
    dialect: str,
    bodies: tuple[Body, ...] = (),
) -> Node:
    node = Node("n", op, op.rpartition("::")[2], dialect, {name: Attr(name, value) for name, value in attrs.items()})
    node.outputs = [Value(f"y{slot}", node, slot) for slot in range(outputs)]
    for slot, given in enumerate(inputs):
        name = f"x{slot}" if given.name is None else given.name
        maker = None if given.stored or not name else Node(name, "Input", "Input", dialect)
        value = Value(name, maker, shape=given.shape, elements=given.elements, stored=given.stored)
        node.inputs.append(Edge(value, node, slot))
    node.bodies = bodies
    return node


def infer(
    op: str,
    *inputs: Given | Shape,
    outputs: int = 1,
    dialect: str = "onnx",
    **attrs: AttrValue,
) -> Said:
    """Run the shape function of `op`."""
    given = [item if isinstance(item, Given) else Given(item) for item in inputs]
    node = node_of(op, given, attrs, outputs, dialect)
    problems: list[Problem] = []
    arrived = Arrived([item.shape for item in given], node, {})
    outcome = operator(op).infer(node, arrived, problems.append)
    return Said(outcome, tuple(problems), node)
