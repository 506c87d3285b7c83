"""Accuracy over a single channel says nothing."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes


@rule(
    severity="warning",
    on=("caffe::Accuracy", "keras::metrics::CategoricalAccuracy", "keras::metrics::SparseCategoricalAccuracy"),
    needs=(Shapes,),
)
def metric_on_one_channel(node: Node, ctx: Context) -> Iterator[Finding]:
    shapes = ctx[Shapes]
    if not node.inputs or shapes.classes(node) != 1:
        return
    # A softmax over the same single score is the worse mistake, and one-unit-classifier tells it.
    readers = {edge.node.op for edge in node.inputs[0].value.uses} | {getattr(node.inputs[0].producer, "op", "")}
    if readers & {
        *("CrossEntropyLoss", "caffe::InfogainLoss", "Softmax"),
        *("keras::CategoricalCrossentropy", "keras::SparseCategoricalCrossentropy"),
    }:
        return
    scorer = shapes.scorer(node)
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} looks for the best of one score: it always answers class 0, whatever the network has learned",
        related=[(scorer.place("out_channels", "out_features"), f"{scorer.label} has one output")] if scorer else [],
        remedy="for a yes-or-no answer threshold the output and compare it, or give one output a class",
    )
