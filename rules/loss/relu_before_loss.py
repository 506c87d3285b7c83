"""A ReLU stands between the last layer and a classification loss."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Paths, Semantics


@rule(
    severity="warning",
    on=(
        *("CrossEntropyLoss", "SoftmaxCrossEntropyLoss", "caffe::InfogainLoss", "BCEWithLogitsLoss"),
        *("Softmax", "LogSoftmax"),
    ),
    needs=(Paths, Semantics),
)
def relu_before_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or (node.op in ("Softmax", "LogSoftmax") and not ctx[Paths].is_final_squash(node)):
        return
    makers = [meaning.by for meaning in ctx[Semantics].sources(node.inputs[0].value)]
    if not makers or any(maker is None or maker.op != "Relu" for maker in makers):
        return
    for relu in makers:
        assert relu is not None
        yield ctx.finding(
            relu,
            f"{relu.label} cuts the scores of {node.label} off at 0: no class can be ruled out, and a score below 0 "
            "gets no gradient that could bring it back",
            related=[(node.inputs[0], f"{node.label} reads them here")],
            remedy="remove this ReLU: the last layer must stay linear",
            # 0 of 693 published Caffe networks do this.
            severity="error" if node.op == "CrossEntropyLoss" and node.dialect == "caffe" else None,
        )
