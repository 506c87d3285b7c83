"""A loss compares every prediction with every target, because one of them has an axis more."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Crossings, Shapes, WrittenLosses
from netlint.model import spell

_PAIRING = ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss", "PoissonNLLLoss", "KLDivLoss")


@rule(severity="error", on=("Sub", *_PAIRING), needs=(Crossings, Shapes, WrittenLosses))
def loss_target_broadcast(node: Node, ctx: Context) -> Iterator[Finding]:
    if node.op == "Sub":
        pair = ctx[Crossings].of(node) if ctx[WrittenLosses].of(node) is not None else None
    else:
        # Caffe compares element by element, and Keras squeezes the longer one.
        pair = ctx[Crossings].of_loss(node) if node.dialect == "torch" else None
    if pair is None:
        return
    wide, narrow = pair
    shapes = ctx[Shapes]
    a, b = shapes[wide.value], shapes[narrow.value]
    yield ctx.finding(
        narrow,
        f"{node.label} compares `{wide.value.name}` {spell(a)} with `{narrow.value.name}` {spell(b)}, which "
        "broadcasts: every sample meets the target of every other one, and the best answer is one mean for all",
        related=[(edge.producer, f"gives {spell(shapes[edge.value])}") for edge in pair if edge.producer is not None],
        remedy=f"squeeze the axis of 1 of `{wide.value.name}`, or give `{narrow.value.name}` one",
        node=node,
    )
