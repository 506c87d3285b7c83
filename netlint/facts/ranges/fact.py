"""Between which bounds the elements of each value lie, and whether they can be 0."""

from __future__ import annotations

from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.ranges.interval import ANY, COUNT, INF, NEVER, OFTEN, TRUTH, Range, of_elements
from netlint.facts.ranges.operators import anything, transfer_of
from netlint.facts.shapes import Shapes
from netlint.model import Model, Node, Unknown, Value, product

#: How many operators back the maker of a zero is looked for.
_FARTHEST: Final = 64


class Ranges(Fact):
    """Intervals by forward inference, one function an operator; activations without one by their traits.

    What comes from outside, from weighted layers and from operators that netlint does not know can be any number. An
    operand that meets itself (x * x, x - x) is recognised, other dependencies are not: then an interval is too wide,
    and says so by `attained`.
    """

    needs = (Shapes,)

    def __init__(self, model: Model, facts: Facts) -> None:
        self.shapes = facts[Shapes]
        self._found: dict[Value, Range] = {}
        #: Operators that make one number of something that varies, in execution order.
        self.collapsing: list[Node] = []
        found = self._found
        for node in model.nodes:
            compute = transfer_of(node.op)
            if compute is anything:
                continue
            result = compute(node, self)
            if result.low == result.high and node.outputs and self._varies(node):
                self.collapsing.append(node)
            if result is not ANY:
                # Further outputs hold indices and masks.
                for value in node.outputs if node.op == "Split" else node.outputs[:1]:
                    found[value] = result

    def __getitem__(self, value: Value) -> Range:
        found = self._found.get(value)
        if found is not None and found.low == found.high:
            return found
        elements = self.shapes.elements(value)
        if elements:
            return of_elements(elements)
        if found is not None:
            return found
        statistics = value.statistics
        if statistics is not None and statistics.count and not statistics.nans and not statistics.infinities:
            zeros = OFTEN if statistics.zeros else NEVER
            return Range(statistics.low, statistics.high, zeros, attained=True)
        if value.dtype == "bool":
            return TRUTH
        return COUNT if value.dtype.startswith("uint") else ANY

    def at(self, node: Node, slot: int) -> Range:
        """The range that arrives at input `slot`; any number when there is none."""
        return self[node.inputs[slot].value] if slot < len(node.inputs) else ANY

    def number(self, node: Node, slot: int, name: str = "") -> float | None:
        """One known number that comes as input `slot` or as attribute `name`; None when it is not known or not
        given."""
        if name and name in node.attrs:
            given = node.attrs[name].value
            return float(given) if isinstance(given, int | float) else None
        if slot >= len(node.inputs) or not node.inputs[slot].value.name:
            return None
        elements = self.shapes.elements(node.inputs[slot].value)
        if elements and isinstance(elements[0], int | float) and all(item == elements[0] for item in elements):
            return float(elements[0])
        return None

    def maker(self, value: Value) -> Node | None:
        """The operator that brings the zeros or the sign of `value` about: behind those that only hand them on."""
        node = value.producer
        known = self[value]
        for _ in range(_FARTHEST):
            if node is None or not node.inputs:
                break
            below = self.at(node, 0)
            if below.zeros != known.zeros or below.low != known.low or node.inputs[0].value.producer is None:
                break
            node = node.inputs[0].value.producer
        return node

    def _varies(self, node: Node) -> bool:
        """Some input is no constant, none is one that an earlier operator has made so, and the output is no propagated
        shape."""
        inputs = [edge.value for edge in node.inputs if edge.value.name]
        made = [value for value in inputs if not value.stored and value.producer is not None]
        return (
            bool(made)
            and node.op not in ("ConstantOfShape", "Shape", "Size")
            and self.shapes.elements(node.outputs[0]) is None
            and not any(self[value].constant for value in made)
        )

    def difference_of_means(self, value: Value) -> bool:
        """The value is a variance as the mean of squares minus the squared mean."""
        node = value.producer
        if node is None or node.op != "Sub" or len(node.inputs) < 2:
            return False
        whole, part = (edge.value.producer for edge in node.inputs[:2])
        if whole is None or whole.op not in ("ReduceMean", "GlobalAveragePool") or not whole.inputs or part is None:
            return False
        mean = self.squared(part)
        squares = whole.inputs[0].value.producer
        averaged = mean.producer if mean is not None else None
        if squares is None or averaged is None or averaged.op != whole.op or not averaged.inputs:
            return False
        return self.squared(squares) is averaged.inputs[0].value

    def squared(self, node: Node) -> Value | None:
        """What the node squares; None when it does something else."""
        if node.op == "Mul" and len(node.inputs) == 2 and node.inputs[0].value is node.inputs[1].value:
            return node.inputs[0].value
        return node.inputs[0].value if node.op == "Pow" and node.inputs and self.number(node, 1) == 2 else None

    def cut_off(self, node: Node) -> bool:
        """What this node makes is replaced or bounded from below wherever it goes: infinities do no harm."""
        uses = [edge for value in node.outputs for edge in value.uses]
        return bool(uses) and all(
            edge.node.op == "Where"
            or (edge.node.op in ("Clip", "Max") and self[edge.node.outputs[0]].low > -INF)
            or edge.node.op == "Relu"
            for edge in uses
        )

    def count(self, node: Node) -> int | None:
        """How many elements each output of a reduction is made of; None when that is not known."""
        before, after = self.shapes.input(node), self.shapes.output(node)
        if isinstance(before, Unknown) or isinstance(after, Unknown):
            return None
        many, few = product(before), product(after)
        if isinstance(many, int) and isinstance(few, int):
            return many // few if few else None
        # An open batch may stand on both sides and cancel out.
        if before and after and before[0] == after[0]:
            many, few = product(before[1:]), product(after[1:])
            return many // few if isinstance(many, int) and isinstance(few, int) and few else None
        return None
