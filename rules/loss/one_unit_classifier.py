"""Softmax over one unit is the constant 1."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Paths, Shapes


@rule(
    severity="error",
    on=("CrossEntropyLoss", "SoftmaxCrossEntropyLoss", "caffe::InfogainLoss", "Softmax"),
    needs=(Paths, Shapes),
)
def one_unit_classifier(node: Node, ctx: Context) -> Iterator[Finding]:
    shapes = ctx[Shapes]
    if not node.inputs or shapes.classes(node) != 1:
        return
    scorer = shapes.scorer(node)
    # A softmax in the middle of the network may attend to a single key; the scores of a classifier have a maker.
    if node.op == "Softmax" and not (scorer and ctx[Paths].is_final_squash(node)):
        return
    maker = f" from {scorer.label}" if scorer else ""
    yield ctx.finding(
        scorer.place("out_channels", "out_features") if scorer else node.inputs[0],
        f"{node.label} gets a single score{maker}: a softmax over one is always 1 and passes no gradient down",
        related=[(node, "softmax is applied here")],
        remedy="give one output a class (2 for yes or no), or keep one output and use "
        + ("SigmoidCrossEntropyLoss" if node.dialect == "caffe" else "a Sigmoid"),
        node=scorer or node,
    )
