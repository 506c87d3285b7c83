"""A bounded activation squashes the scores before a softmax."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import read_before, write_word
from netlint.facts import Paths, Semantics, Shapes
from netlint.ops import operator

#: Take probabilities, and divide them by their sum.
_NORMALISING = ("keras::CategoricalCrossentropy", "keras::SparseCategoricalCrossentropy")


@rule(
    severity="warning",
    fixes=("unsafe",),
    on=("CrossEntropyLoss", "caffe::InfogainLoss", "Softmax", *_NORMALISING),
    needs=(Paths, Semantics, Shapes),
)
def sigmoid_with_softmax_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or (node.op == "Softmax" and not ctx[Paths].is_final_squash(node)):
        return
    # A factor behind the activation makes room again (soft-capped scores): then it is not the direct source.
    squash = ctx[Paths].direct_source(node.inputs[0])
    activation = operator(squash.op).activation if squash is not None else None
    if squash is None or activation is None or not activation.bounded:
        return
    if node.op in _NORMALISING:
        # What is no probability at all, logits-to-probability-loss tells; one score alone, one-unit-classifier.
        if activation.low >= 0 and activation.high <= 1 and ctx[Shapes].classes(node) != 1:
            yield ctx.finding(
                squash,
                f"{squash.label} gives each class a probability of its own, but {node.label} only compares them with "
                "each other: all of them may rise or fall together at no cost, so none means what it says",
                related=[(node, "the loss over exclusive classes")],
                edits=write_word(squash, ("sigmoid",), "softmax"),
                applicability="unsafe",
                remedy='use `activation="softmax"` for one class a sample, or binary_crossentropy where several may '
                "hold",
            )
        return
    width = activation.high - activation.low
    rescued = ctx[Semantics].taken_back(node, squash) and squash.op == "Sigmoid"
    yield ctx.finding(
        squash,
        f"{squash.label} holds the scores of {node.label} between {activation.low:g} and {activation.high:g}: "
        + ("unless Keras runs on TensorFlow and takes the sigmoid back, " if rescued else "")
        + f"they can differ by {width:g} at most, so the softmax never becomes confident and the loss stops far above "
        "zero",
        related=[(node.inputs[0], f"{node.label} reads them here")],
        remedy="remove this activation: softmax wants unbounded scores",
        edits=write_word(squash, ("sigmoid", "tanh", "hard_sigmoid"), "linear") or read_before(node, 0, squash),
        applicability="unsafe",
    )
