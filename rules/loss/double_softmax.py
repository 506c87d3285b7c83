"""Softmax output feeds a loss that applies softmax again."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Semantics


@rule(severity="error", on=("CrossEntropyLoss", "caffe::InfogainLoss"), needs=(Semantics,))
def double_softmax(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    meaning = ctx[Semantics].of(node.inputs[0].value)
    if meaning.squash == "softmax" and meaning.by is not None:
        yield ctx.finding(
            node.inputs[0],
            f"{node.label} applies softmax itself, but {meaning.by.label} already did: the scores can differ by 1 at "
            "most, so the gradients stay tiny and the loss stops far from zero",
            related=[(meaning.by, "softmax is applied here first")],
            remedy=f"feed {node.label} what {meaning.by.label} reads, and keep the softmax for deployment only",
        )
