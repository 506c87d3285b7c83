"""Softmax output feeds a loss that applies softmax again."""

from collections.abc import Iterator

from netlint import UNKNOWN, Context, Finding, Node, rule
from netlint.edits import read_before, remove_layer, write_word
from netlint.facts import Semantics, Shapes


@rule(
    severity="error",
    fixes=("unsafe",),
    on=("CrossEntropyLoss", "SoftmaxCrossEntropyLoss", "caffe::InfogainLoss", "Softmax", "LogSoftmax"),
    needs=(Semantics, Shapes),
)
def double_softmax(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    meaning = ctx[Semantics].of(node.inputs[0].value)
    if meaning.squash != "softmax" or meaning.by is None:
        return
    if node.op in ("Softmax", "LogSoftmax"):
        # Over another axis it is a normalisation of rows and columns in turn.
        if _axis(node, ctx) == _axis(meaning.by, ctx) is not None or _written_alike(node, meaning.by):
            yield ctx.finding(
                node,
                f"{node.label} squashes the probabilities of {meaning.by.label} once more: they differ by 1 at most, "
                "so the result is nearly uniform",
                related=[(meaning.by, "softmax is applied here first")],
                remedy="remove one of the two",
                edits=remove_layer(node),
                applicability="unsafe",
                severity="warning",
            )
        return
    rescued = ctx[Semantics].taken_back(node, meaning.by)
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} applies softmax itself, but {meaning.by.label} already did: "
        + ("unless Keras runs on TensorFlow and takes the first one back, " if rescued else "")
        + "the scores can differ by 1 at most, so the gradients stay tiny and the loss stops far from zero",
        related=[(meaning.by, "softmax is applied here first")],
        remedy="remove `from_logits`, or the softmax"
        if node.dialect == "keras"
        else f"feed {node.label} what {meaning.by.label} reads, and keep the softmax for deployment only",
        edits=write_word(meaning.by, ("softmax",), "linear") or read_before(node, 0, meaning.by),
        applicability="unsafe",
        severity="warning" if rescued else None,
    )


def _written_alike(node: Node, before: Node) -> bool:
    """Whether two softmaxes, one right behind the other, name one axis: whatever the rank, it is the same."""
    if node.inputs[0].value.producer is not before or node.get("flattens", 0) or before.get("flattens", 0):
        return False
    axes = node.get("axis", UNKNOWN), before.get("axis", UNKNOWN)
    return isinstance(axes[0], int) and axes[0] == axes[1]


def _axis(node: Node, ctx: Context) -> int | None:
    """The axis, counted from the end: reshapes between two of them rarely touch the last ones."""
    axis, shape = node.get("axis", 1), ctx[Shapes].input(node)
    if not isinstance(axis, int) or (node.get("flattens", 0) == 1 and not isinstance(shape, tuple)):
        return None
    if axis < 0:
        return axis
    return axis - len(shape) if isinstance(shape, tuple) else None
