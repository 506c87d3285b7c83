"""Dense heads that answer once a position instead of once a sample."""

from __future__ import annotations

from dataclasses import dataclass

from netlint.authoring import Fact, Facts
from netlint.facts.paths import Paths
from netlint.facts.shapes import Shapes
from netlint.facts.walk import ancestors
from netlint.model import Dim, Model, Node
from netlint.ops import operator

#: Work on each position by itself.
_POINTWISE = ("source", "activation", "dropout", "normalisation", "affine", "loss", "metric", "sink")


@dataclass(frozen=True, slots=True)
class Unflattened:
    """A dense layer of a classifier whose input still has positions, and the loss that gets an answer for each.

    `labels` are the axes that the labels are known to have; None where the source says nothing of them. `reduced` says
    that the map is smaller than the image it comes from, `pointwise` that nothing in the network looks at more than one
    position.
    """

    head: Node
    loss: Node
    first: Node
    shape: tuple[Dim, ...]
    answers: tuple[Dim, ...]
    image: tuple[Dim, ...]
    labels: int | None
    reduced: bool
    pointwise: bool


class UnflattenedHeads(Fact):
    """Heads on feature maps: dense layers over the last axis, without any other layer before a loss over classes."""

    needs = (Paths, Shapes)

    def __init__(self, model: Model, facts: Facts) -> None:
        self.all: list[Unflattened] = []
        paths, shapes = facts[Paths], facts[Shapes]
        layers = paths.weighted
        for loss in model.nodes:
            if not _classifies(loss) or not loss.inputs:
                continue
            head = shapes.scorer(loss)
            if head is None or head.op != "Gemm" or head.get("axis", 1) != -1:
                continue
            shape, answers = shapes.input(head), shapes.input(loss)
            if not isinstance(shape, tuple) or not isinstance(answers, tuple) or len(answers) != len(shape):
                continue
            if len(shape) < 3:
                continue
            above = ancestors([head])
            given = [node for node in above if operator(node.op).kind == "source" and node.outputs]
            images = [image for node in given if isinstance(image := shapes.output(node), tuple)]
            if len(given) != 1 or len(images) != 1 or len(images[0]) != len(shape):
                continue
            target = shapes.input(loss, 1)
            first = next(node for node in layers if node in above)
            self.all.append(
                Unflattened(
                    head,
                    loss,
                    first,
                    shape,
                    answers,
                    images[0],
                    len(target) if isinstance(target, tuple) else None,
                    _reduced(shape, images[0]),
                    all(_by_position(node) for node in above),
                )
            )

    def of(self, head: Node) -> list[Unflattened]:
        """What is found of this dense layer: one for each loss that it feeds."""
        return [found for found in self.all if found.head is head]


def _classifies(node: Node) -> bool:
    loss = operator(node.op).loss
    return loss is not None and loss.targets != "other" and loss.expects in ("logits", "probabilities")


def _reduced(shape: tuple[Dim, ...], image: tuple[Dim, ...]) -> bool:
    pairs = list(zip(shape[1:-1], image[1:-1], strict=True))
    known = all(isinstance(a, int) and isinstance(b, int) for a, b in pairs)
    return known and any(isinstance(a, int) and isinstance(b, int) and a < b for a, b in pairs)


def _by_position(node: Node) -> bool:
    if node.op == "Gemm":
        return node.get("axis", 1) == -1
    return operator(node.op).kind in _POINTWISE or node.op == "Identity"
