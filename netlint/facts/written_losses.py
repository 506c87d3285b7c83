"""Losses that a graph writes out with arithmetic: a difference, its square or magnitude, and a mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.ranges import Ranges
from netlint.facts.shapes import Shapes
from netlint.model import Model, Node, Unknown, product

_REDUCTIONS: Final = ("ReduceMean", "ReduceSum")
#: Take the square or the magnitude and the sum in one step.
_NORMS: Final = ("ReduceSumSquare", "ReduceL1", "ReduceL2")


@dataclass(frozen=True, slots=True)
class Written:
    """A regression loss: the Sub that compares, and the reduction that makes one number of the distances."""

    difference: Node
    reduction: Node


class WrittenLosses(Fact):
    """Mean and sum of squared or absolute differences of two computed values."""

    needs = (Ranges, Shapes)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._ranges, self._shapes = facts[Ranges], facts[Shapes]
        self._found: dict[Node, Written] = {}
        for node in model.by_op.get("Sub", ()):
            if len(node.inputs) == 2 and not any(edge.value.stored for edge in node.inputs):
                reduction = self._reduction(node)
                if reduction is not None:
                    self._found[node] = Written(node, reduction)

    def of(self, difference: Node) -> Written | None:
        """The loss that begins with this difference."""
        return self._found.get(difference)

    def _reduction(self, difference: Node) -> Node | None:
        for distance in difference.successors:
            if distance.op in _NORMS:
                if self._single(distance):
                    return distance
                continue
            squared = self._ranges.squared(distance) is difference.outputs[0]
            if not squared and distance.op != "Abs":
                continue
            for after in distance.successors:
                if after.op in _REDUCTIONS and self._single(after):
                    return after
        return None

    def _single(self, reduction: Node) -> bool:
        shape = self._shapes.output(reduction)
        return not isinstance(shape, Unknown) and product(shape) == 1
