"""A bounded activation squashes the scores before a softmax."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Paths
from netlint.ops import operator


@rule(severity="warning", on=("CrossEntropyLoss", "caffe::InfogainLoss", "Softmax"), needs=(Paths,))
def sigmoid_with_softmax_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or (node.op == "Softmax" and not ctx[Paths].is_final_squash(node)):
        return
    # A factor behind the activation makes room again (soft-capped scores): then it is not the direct source.
    squash = ctx[Paths].direct_source(node.inputs[0])
    activation = operator(squash.op).activation if squash is not None else None
    if squash is None or activation is None or not activation.bounded:
        return
    width = activation.high - activation.low
    yield ctx.finding(
        squash,
        f"{squash.label} holds the scores of {node.label} between {activation.low:g} and {activation.high:g}: they can "
        f"differ by {width:g} at most, so the softmax never becomes confident and the loss stops far above zero",
        related=[(node.inputs[0], f"{node.label} reads them here")],
        remedy="remove this activation: softmax wants unbounded scores",
    )
