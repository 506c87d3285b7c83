"""Softmax over one unit is the constant 1."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import set_type
from netlint.facts import Paths, Semantics, Shapes

#: Divide what they get by its sum, as the last step of a softmax does.
_NORMALISING = ("keras::CategoricalCrossentropy", "keras::SparseCategoricalCrossentropy")
_BINARY = {"SoftmaxWithLoss": "SigmoidCrossEntropyLoss", "Softmax": "Sigmoid"}
_REMEDIES = {
    "caffe": "SigmoidCrossEntropyLoss",
    "keras": '`activation="sigmoid"` with binary_crossentropy',
}


@rule(
    severity="error",
    fixes=("unsafe",),
    on=("CrossEntropyLoss", "SoftmaxCrossEntropyLoss", "caffe::InfogainLoss", "Softmax", *_NORMALISING),
    needs=(Paths, Semantics, Shapes),
)
def one_unit_classifier(node: Node, ctx: Context) -> Iterator[Finding]:
    shapes = ctx[Shapes]
    if not node.inputs or shapes.classes(node) != 1:
        return
    scorer = shapes.scorer(node)
    # A softmax in the middle of the network may attend to a single key; the scores of a classifier have a maker.
    if node.op == "Softmax" and not (scorer and ctx[Paths].is_final_squash(node)):
        return
    # Where a softmax stands before the loss, it is told there.
    if node.op in _NORMALISING and ctx[Semantics].of(node.inputs[0].value).squash == "softmax":
        return
    maker = f" from {scorer.label}" if scorer else ""
    yield ctx.finding(
        scorer.place("out_channels", "out_features") if scorer else node.inputs[0],
        f"{node.label} gets a single score{maker}: "
        + (
            "divided by its own sum it is always 1, and no gradient is passed down"
            if node.op in _NORMALISING
            else "a softmax over one is always 1, whatever the network has learned"
            if node.dialect == "keras" and node.op == "Softmax"
            else "a softmax over one is always 1 and passes no gradient down"
        ),
        related=[
            (node, "scores are divided by their sum here" if node.op in _NORMALISING else "softmax is applied here")
        ],
        remedy="give one output a class (2 for yes or no), or keep one output and use "
        + _REMEDIES.get(node.dialect, "a Sigmoid"),
        edits=set_type(node, _BINARY[node.dialect_op]) if node.dialect_op in _BINARY else (),
        applicability="unsafe",
        node=scorer or node,
    )
