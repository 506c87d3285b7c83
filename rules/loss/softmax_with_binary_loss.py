"""Softmax output is trained with a loss for yes-or-no answers."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Semantics, Shapes
from netlint.finding import Severity


@rule(
    severity="warning",
    on=("BCELoss", "BCEWithLogitsLoss", "keras::BinaryFocalCrossentropy"),
    needs=(Semantics, Shapes),
)
def softmax_with_binary_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    meaning = ctx[Semantics].of(node.inputs[0].value)
    if meaning.squash != "softmax" or meaning.by is None:
        return
    classes = ctx[Shapes].classes(meaning.by)
    if classes == 1:
        return
    severity: Severity | None = None
    count = str(classes) if isinstance(classes, int) else "all"
    if ctx[Semantics].taken_back(node, meaning.by):
        # On TensorFlow `from_logits` does not matter then.
        severity = "info" if classes == 2 else None
        cost = (
            "it judges each of them by itself, and on TensorFlow Keras even puts a sigmoid on what the softmax reads, "
            "so what is trained is not what answers"
        )
    elif node.op == "BCEWithLogitsLoss" or node.get("from_logits", False) is True:
        severity = "error"
        cost = (
            "it puts a sigmoid on the probabilities, which then lie between 0.5 and 0.73, and the loss stops far "
            "from zero"
        )
    elif classes == 2:
        severity = "info"
        cost = "of two classes both answers say the same, so this is cross-entropy at twice the work"
    else:
        cost = (
            "it asks about each class by itself, though a softmax lets only one of them win: most of the loss comes "
            "from the classes that are easily ruled out"
        )
    yield ctx.finding(
        node,
        f"{node.label} measures yes-or-no answers, but {meaning.by.label} shares one answer among "
        f"{count} classes: {cost}",
        related=[(meaning.by, "softmax is applied here")],
        remedy=(
            "use categorical_crossentropy for one class a sample, or a sigmoid where several may hold"
            if node.dialect == "keras"
            else "use a cross-entropy over classes for one class a sample, or a sigmoid where several may hold"
        ),
        severity=severity,
    )
