"""A metric reads the labels in another form than the loss, or other answers than the network gives."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.edits import write_word
from netlint.facts import Semantics, Shapes
from netlint.ops import operator

_INDICES: Final = (
    "keras::metrics::SparseCategoricalAccuracy",
    "keras::metrics::SparseTopKCategoricalAccuracy",
    "keras::metrics::SparseCategoricalCrossentropy",
)
_ONE_HOT: Final = (
    "keras::metrics::CategoricalAccuracy",
    "keras::metrics::TopKCategoricalAccuracy",
    "keras::metrics::CategoricalCrossentropy",
)
_ACCURACIES: Final = (
    *("categorical_accuracy", "sparse_categorical_accuracy"),
    *("CategoricalAccuracy", "SparseCategoricalAccuracy"),
)
_BINARY: Final = ("keras::metrics::BinaryAccuracy",)


@rule(severity="warning", fixes=("unsafe",), on=(*_INDICES, *_ONE_HOT, *_BINARY), needs=(Semantics, Shapes))
def metric_label_mismatch(node: Node, ctx: Context) -> Iterator[Finding]:
    loss = _loss_beside(node)
    if loss is None or loss.get("axis", -1) != -1:
        return
    classes = ctx[Shapes].classes(loss)
    sparse = loss.get("sparse", "")
    if not isinstance(sparse, bool) or classes == 1:
        return
    if node.op in _BINARY:
        if isinstance(classes, int) and (classes > 2 or sparse):
            yield ctx.finding(
                node,
                f"{node.label} judges each of {classes} scores by itself, but {loss.label} trains one answer among "
                f"them: it starts at about {1 - 1 / classes:.0%} before anything is learned",
                related=[(loss, "the loss of the same output")],
                remedy=f"use {'sparse_' if sparse else ''}categorical_accuracy",
                edits=write_word(
                    node, ("binary_accuracy", "BinaryAccuracy"), f"{'sparse_' if sparse else ''}categorical_accuracy"
                ),
                applicability="unsafe",
            )
    elif (node.op in _INDICES) != sparse:
        forms = ("class indices", "one-hot vectors")
        yield ctx.finding(
            node,
            f"{node.label} wants {forms[node.op not in _INDICES]}, but {loss.label} reads the same labels as "
            f"{forms[not sparse]}: one of the two is wrong",
            related=[(loss, "the loss of the same output")],
            edits=write_word(node, _ACCURACIES, "accuracy"),
            applicability="unsafe",
            remedy='write "accuracy": Keras then chooses the one that fits the loss',
        )


def _loss_beside(node: Node) -> Node | None:
    """The one loss that compares the same prediction with the same labels."""
    if len(node.inputs) < 2:
        return None
    prediction, target = node.inputs[:2]
    losses = [
        edge.node
        for edge in prediction.value.uses
        if operator(edge.node.op).loss is not None
        and len(edge.node.inputs) > 1
        and edge.node.inputs[1].value is target.value
    ]
    return losses[0] if len(losses) == 1 else None
