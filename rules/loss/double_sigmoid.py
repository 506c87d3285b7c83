"""Sigmoid output feeds a loss that applies a sigmoid again."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import read_before, write_word
from netlint.facts import Semantics


@rule(severity="error", fixes=("unsafe",), on=("BCEWithLogitsLoss",), needs=(Semantics,))
def double_sigmoid(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    meaning = ctx[Semantics].of(node.inputs[0].value)
    if meaning.squash == "sigmoid" and meaning.by is not None:
        rescued = ctx[Semantics].taken_back(node, meaning.by)
        yield ctx.finding(
            node.inputs[0],
            f"{node.label} applies the sigmoid itself, but {meaning.by.label} already did: "
            + ("unless Keras runs on TensorFlow and takes the first one back, " if rescued else "")
            + "the loss sees probabilities between 0.5 and 0.73 only, and can never come near zero",
            related=[(meaning.by, "the sigmoid is applied here first")],
            remedy="remove `from_logits`, or the sigmoid"
            if node.dialect == "keras"
            else f"feed {node.label} what {meaning.by.label} reads, and keep the sigmoid for deployment only",
            edits=write_word(meaning.by, ("sigmoid",), "linear") or read_before(node, 0, meaning.by),
            applicability="unsafe",
            severity="warning" if rescued else None,
        )
