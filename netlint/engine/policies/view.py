"""A network as policies see it: plain dictionaries of what a policy mentions and what is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, Final

from netlint import facts
from netlint.authoring import Context
from netlint.engine.policies.attributes import attributes
from netlint.engine.policies.cel import Overrun
from netlint.engine.policies.field import Field
from netlint.engine.policies.shape_fields import SHAPE, Extents, extents
from netlint.engine.policies.vocabulary import FIELDS
from netlint.model import UNKNOWN, Model, Node, Shape, Unknown, Value
from netlint.ops import operator

#: The number that leads from a node's dictionary back to the node; no name in an expression.
_NUMBER: Final = "#"

#: More nodes than these are not handed to an expression at once: it would not get through them within its steps.
_MOST_NODES: Final = 10_000
#: The same for what is handed over anew with each node.
_MOST_AROUND: Final = 1_000


class View:
    """One model for one policy. A field that is not known is no key: whoever asks for it gets an error from CEL."""

    def __init__(self, model: Model, context: Context, words: frozenset[str]) -> None:
        self.model = model
        self._context = context
        self._words = words
        self._wanted = {record: [field for field in fields if field.name in words] for record, fields in FIELDS.items()}
        self._nodes: dict[Node, dict[str, Any]] = {}
        self._shapes: dict[Value, dict[str, Any] | None] = {}

    def fact(self, name: str) -> Any:
        """A fact of the model by its name."""
        return self._context[getattr(facts, name)]

    def of_node(self, node: Node) -> dict[str, Any]:
        """The variables of a rule that sees a node. Raises Overrun where more stands around it than is looked at."""
        data: dict[str, Any] = {"node": self.node(node), "model": self._model}
        for name, near in (("producers", node.predecessors), ("consumers", node.successors)):
            if name in self._words:
                data[name] = self._listed(dict.fromkeys(near), _MOST_AROUND)
        for name, up in (("ancestors", True), ("descendants", False)):
            if name in self._words:
                data[name] = self._listed(self._around(node, up), _MOST_AROUND)
        return data

    def of_model(self) -> dict[str, Any]:
        """The variables of a rule that sees the network. Raises Overrun for a network of too many nodes."""
        data: dict[str, Any] = {"model": self._model}
        if "nodes" in self._words:
            data["nodes"] = self._listed(self.model.nodes, _MOST_NODES)
        return data

    def found(self, value: object) -> list[Node]:
        """The nodes that an expression answers with: one, or a list."""
        items = value if isinstance(value, list) else [value]
        numbers = [item.get(_NUMBER) for item in items if isinstance(item, dict)]
        return [self.model.nodes[number] for number in numbers if isinstance(number, int)]

    def node(self, node: Node) -> dict[str, Any]:
        made = self._nodes.get(node)
        if made is None:
            made = self._nodes[node] = self._filled("Node", node)
            made[_NUMBER] = self._numbers[node]
        return made

    def value(self, value: Value) -> dict[str, Any]:
        return self._filled("Value", value)

    def training(self, model: Model) -> dict[str, Any]:
        return self._filled("Training", model)

    def attributes(self, node: Node) -> dict[str, object]:
        return attributes(self.model, node, self._words, self.weight(node))

    def shape(self, value: Value) -> dict[str, Any] | None:
        """A value's shape; None where not even the rank is known."""
        if value not in self._shapes:
            known = extents(self, value)
            self._shapes[value] = None if known is None else self._filled("Shape", known)
        return self._shapes[value]

    def shapes(self, values: Iterable[Value]) -> list[dict[str, Any]] | None:
        found = [self.shape(value) for value in values]
        known = [shape for shape in found if shape is not None]
        return known if len(known) == len(found) else None

    def weight(self, node: Node) -> Shape:
        """The shape of a node's weight: a parameter of its own, or what arrives where the operator expects one."""
        own = node.param("weight")
        if own is not None:
            found: Shape = self.fact("Shapes").param(node, own)
            return found
        slots = [slot for slot, role in operator(node.op).roles.items() if role == "weight"]
        return self.fact("Shapes").input(node, slots[0]) if slots else UNKNOWN

    def plain_shape(self, shape: Shape) -> dict[str, Any] | None:
        """A parameter's shape, which has no channels."""
        return None if isinstance(shape, Unknown) else self._filled("Shape", Extents(tuple(shape)))

    def extent(self, value: Value, name: str) -> int | None:
        """One extent of a value, by its field in `Shape`."""
        known = extents(self, value)
        found = _EXTENTS[name].value(self, known) if known is not None else None
        return found if isinstance(found, int) else None

    @cached_property
    def results(self) -> set[Value]:
        """What the network gives to the outside."""
        return set(self.model.outputs)

    def unknown_behind(self, node: Node) -> bool:
        """Whether an operator that netlint does not know reads what the node makes."""
        return any(not operator(after.op).name for after in node.successors)

    def ops(self, node: Node, *, before: bool) -> list[str]:
        """The operators that stand before or behind a node, each once, in alphabetical order."""
        names, before_masks, behind_masks = self._reach
        mask = (before_masks if before else behind_masks)[node]
        return [name for bit, name in enumerate(names) if mask >> bit & 1]

    @cached_property
    def _numbers(self) -> dict[Node, int]:
        return {node: number for number, node in enumerate(self.model.nodes)}

    @cached_property
    def _model(self) -> dict[str, Any]:
        return self._filled("Model", self.model)

    @cached_property
    def _reach(self) -> tuple[list[str], dict[Node, int], dict[Node, int]]:
        """The operators' names, and for each node the set of those before and behind it, one bit a name.

        Nodes stand in execution order, so that one pass each way is enough.
        """
        names = sorted(self.model.by_op)
        bits = {name: 1 << bit for bit, name in enumerate(names)}
        before = dict.fromkeys(self.model.nodes, 0)
        behind = dict.fromkeys(self.model.nodes, 0)
        for node in self.model.nodes:
            for maker in node.predecessors:
                if maker in before:
                    before[node] |= before[maker] | bits[maker.op]
        for node in reversed(self.model.nodes):
            for reader in node.successors:
                if reader in behind:
                    behind[node] |= behind[reader] | bits[reader.op]
        return names, before, behind

    def _around(self, node: Node, up: bool) -> Sequence[Node]:
        """All nodes before or behind one, as long as they are not too many."""
        found: set[Node] = set()
        waiting = [node]
        while waiting and len(found) <= _MOST_AROUND:
            at = waiting.pop()
            for other in at.predecessors if up else at.successors:
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return sorted(found, key=lambda other: self._numbers.get(other, -1))

    def _listed(self, found: Iterable[Node], most: int) -> list[dict[str, Any]]:
        nodes = [node for node in found if node in self._numbers]
        if len(nodes) > most:
            raise Overrun(f"there are more than {most} nodes to look at")
        return [self.node(node) for node in nodes]

    def _filled(self, record: str, subject: object) -> dict[str, Any]:
        made = {field.name: field.value(self, subject) for field in self._wanted[record]}
        return {name: value for name, value in made.items() if value is not None}


_EXTENTS: Final[dict[str, Field]] = {field.name: field for field in SHAPE}
