"""A metric that counts from a probability of one half on reads scores without squash."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Semantics, Shapes

#: Compare with a threshold that is 0.5 unless said otherwise.
_THRESHOLD: Final = ("keras::metrics::BinaryAccuracy", "keras::metrics::Accuracy")
_THRESHOLDS: Final = (
    *("keras::metrics::Precision", "keras::metrics::Recall", "keras::metrics::TruePositives"),
    *("keras::metrics::TrueNegatives", "keras::metrics::FalsePositives", "keras::metrics::FalseNegatives"),
)
#: Want to be told that they get scores.
_TOLD: Final = (
    *("keras::metrics::AUC", "keras::metrics::BinaryCrossentropy"),
    *("keras::metrics::CategoricalCrossentropy", "keras::metrics::SparseCategoricalCrossentropy"),
)


@rule(severity="info", on=(*_THRESHOLD, *_THRESHOLDS, *_TOLD), needs=(Semantics, Shapes))
def metric_on_logits(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or ctx[Semantics].of(node.inputs[0].value).kind != "logits":
        return
    losses = [
        edge.node for edge in node.inputs[0].value.uses if edge.node.op in ("BCEWithLogitsLoss", "CrossEntropyLoss")
    ]
    if not losses:
        return
    if node.op in _TOLD:
        if node.get("from_logits", False) is not False:
            return
        what, remedy = "takes them for probabilities", "give it `from_logits=True`"
    else:
        if node.op in _THRESHOLD:
            usual = node.get("threshold", 0.5) == 0.5
        else:
            usual = "thresholds" not in node.attrs and node.get("top_k", 0) == 0
        if not usual or losses[0].op != "BCEWithLogitsLoss" or not _resolved(node, ctx):
            return
        what = "says yes from 0.5 on, which is a probability of 0.62"
        word = "threshold" if node.op in _THRESHOLD else "thresholds"
        remedy = "measure with `BinaryAccuracy(threshold=0)`" if node.op == _THRESHOLD[1] else f"give it `{word}=0`"
    yield ctx.finding(
        node,
        f"{node.label} reads the scores that {losses[0].label} puts a {_squash(losses[0])} on, and {what}",
        related=[(losses[0], "the loss that reads the same scores")],
        remedy=remedy,
    )


def _resolved(node: Node, ctx: Context) -> bool:
    """Keras makes BinaryAccuracy of "accuracy" where there is one score (keras/src/trainers/compile_utils.py)."""
    if node.op != "keras::metrics::Accuracy":
        return True
    shape = ctx[Shapes].input(node)
    return node.dialect_op in ("accuracy", "acc") and isinstance(shape, tuple) and shape[-1:] == (1,)


def _squash(loss: Node) -> str:
    return "sigmoid" if loss.op == "BCEWithLogitsLoss" else "softmax"
