"""What batch normalisation has to take its statistics from."""

from __future__ import annotations

from dataclasses import dataclass

from netlint.authoring import Fact, Facts
from netlint.facts.shapes import Shapes
from netlint.facts.trainability import Trainability
from netlint.facts.walk import reached
from netlint.model import Attr, Model, Node, product


@dataclass(frozen=True, slots=True)
class SmallBatch:
    """A normaliser of a training network, with the number of values that it has for each channel."""

    node: Node
    batch: int
    count: int
    #: The data layer, where the source says how many samples come at once.
    source: Node

    @property
    def place(self) -> Attr | Node:
        return self.source.place("batch_size")


class Normalisation(Fact):
    """Batch normalisers that use the batch's own statistics while the network is trained."""

    needs = (Shapes, Trainability)

    def __init__(self, model: Model, facts: Facts) -> None:
        #: The normaliser with the fewest values a channel, whose batch a data layer declares; None when none is known.
        self.smallest: SmallBatch | None = None
        if not facts[Trainability].training:
            return
        norms = [node for node in model.by_op.get("BatchNormalization", ()) if node.get("training_mode", 1) != 0]
        for node in norms:
            shape = facts[Shapes].arriving(node)
            if not isinstance(shape, tuple) or not shape:
                continue
            batch, count = shape[0], product((shape[0], *shape[2:]))
            if not isinstance(batch, int) or not isinstance(count, int):
                continue
            if self.smallest is None or count < self.smallest.count:
                source = _declares(node, batch)
                if source is not None:
                    self.smallest = SmallBatch(node, batch, count, source)


def _declares(node: Node, batch: int) -> Node | None:
    """The data layer above `node` that gives this many samples at once."""
    above = reached([node], lambda other: other.predecessors)
    return next((other for other in above if other.op == "Input" and other.get("batch_size", 0) == batch), None)
