"""A ReLU stands between the last layer and a classification loss."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import remove_layer, write_word
from netlint.facts import Paths, Semantics
from netlint.ops import operator


@rule(
    severity="warning",
    fixes=("unsafe",),
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
            edits=(write_word(relu, ("relu",), "linear") or remove_layer(relu))
            if all(map(_judges, relu.successors))
            else (),
            applicability="unsafe",
            # 0 of 693 published Caffe networks do this.
            severity="error" if node.op == "CrossEntropyLoss" and node.dialect == "caffe" else None,
        )


def _judges(node: Node) -> bool:
    return operator(node.op).kind in ("loss", "metric", "sink") or node.op in ("Softmax", "LogSoftmax")
