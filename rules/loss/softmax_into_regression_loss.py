"""Softmax output is trained with a regression loss."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Semantics, WrittenLosses

_LOSS: Final = {"caffe": "SoftmaxWithLoss", "onnx": "SoftmaxCrossEntropyLoss"}


@rule(severity="warning", on=("MSELoss", "L1Loss", "Sub"), needs=(Semantics, WrittenLosses))
def softmax_into_regression_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    written = ctx[WrittenLosses].of(node) if node.op == "Sub" else None
    if node.op == "Sub" and written is None:
        return
    sides = ctx[Semantics].sides(node)
    if sides is None:
        return
    prediction, target = sides
    meaning = ctx[Semantics].of(prediction.value)
    if meaning.squash == "softmax" and meaning.by is not None:
        loss = written.reduction if written is not None else node
        yield ctx.finding(
            prediction,
            f"{loss.label} measures the distance between the probabilities of {meaning.by.label} and "
            f"`{target.value.name}`: where the softmax is confident and wrong its slope is nearly 0, so the worst "
            "mistakes give the smallest gradients",
            related=[(meaning.by, "softmax is applied here")],
            remedy=f"classify with {_LOSS.get(node.dialect, 'a cross-entropy loss')} on what the softmax reads; for a "
            "real regression drop the softmax",
            node=node,
        )
