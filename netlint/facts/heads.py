"""The layers whose outputs are the scores of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from netlint.authoring import Fact, Facts
from netlint.facts.paths import Paths
from netlint.facts.shapes import Shapes
from netlint.model import UNKNOWN, Attr, AttrValue, Model, Node
from netlint.ops import operator


@dataclass(frozen=True, slots=True)
class Head:
    """A layer that makes one score a class, how many, and the loss or softmax that reads them."""

    node: Node
    width: int
    reader: Node

    @property
    def place(self) -> Attr | Node:
        """Where the source says the number of scores."""
        return self.node.place("out_features", "out_channels")


class Heads(Fact):
    """Class scores: what a loss over classes reads; in a finished network, what its last softmax reads."""

    needs = (Paths, Shapes)

    #: Widths of heads that come with a well-known data set (Pascal VOC and COCO also with their background).
    WELL_KNOWN: ClassVar[dict[int, str]] = {
        1000: "ImageNet",
        1001: "ImageNet",
        21: "Pascal VOC",
        80: "COCO",
        81: "COCO",
        91: "COCO",
    }

    def __init__(self, model: Model, facts: Facts) -> None:
        paths, shapes = facts[Paths], facts[Shapes]
        readers = [node for node in model.nodes if _over_classes(node)]
        if not readers:
            readers = [node for node in model.by_op.get("Softmax", ()) if paths.is_final_squash(node)]
        found: dict[Node, Head] = {}
        for reader in readers:
            node = shapes.scorer(reader)
            width: AttrValue = shapes.classes(reader)
            if node is None and reader.inputs and reader.get("axis", 1) == 1:
                # Behind crops and other operators that move whole scores.
                node = paths.direct_source(reader.inputs[0])
                width = node.get("out_channels", UNKNOWN) if node is not None else UNKNOWN
            if node is not None and isinstance(width, int):
                found.setdefault(node, Head(node, width, reader))
        self.all: list[Head] = list(found.values())

    def unlike(self, classes: int | None) -> list[Head]:
        """Heads whose width is neither the number of classes nor one more (for the background); none when a head fits,
        for then the others have tasks of their own."""
        if classes is None or any(head.width in (classes, classes + 1) for head in self.all):
            return []
        return self.all


def _over_classes(node: Node) -> bool:
    loss = operator(node.op).loss
    return loss is not None and loss.targets == "classes" and loss.applies == "softmax"
