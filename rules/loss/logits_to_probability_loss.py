"""A loss that takes probabilities gets numbers of any size."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.edits import Edits, set_argument, write_word
from netlint.facts import Semantics, Shapes
from netlint.ops import operator

_OVER_CLASSES: Final = (
    "keras::CategoricalCrossentropy",
    "keras::SparseCategoricalCrossentropy",
    "keras::CategoricalFocalCrossentropy",
    "caffe::MultinomialLogisticLoss",
)


@rule(
    severity="error",
    fixes=("unsafe",),
    on=(*_OVER_CLASSES, "BCELoss", "keras::BinaryFocalCrossentropy", "keras::KLDivergence"),
    needs=(Semantics, Shapes),
)
def logits_to_probability_loss(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or node.get("from_logits", False) is True:
        return
    over_classes = node.op in _OVER_CLASSES
    # One score in a softmax is constant however it is made: one-unit-classifier.
    if over_classes and ctx[Shapes].classes(node) == 1:
        return
    makers = ctx[Semantics].unsquashed(node.inputs[0].value)
    if not makers or (over_classes and any(_positive(maker) for maker in makers)):
        return
    maker = makers[0]
    yield ctx.finding(
        maker,
        f"{maker.label} gives {_values(maker)}, but {node.label} takes them for probabilities: "
        + (
            "it divides them by their sum or cuts them off at 0 and 1 before it takes logarithms: what is not between "
            "gets no gradient, and training stalls or turns to NaN"
            if node.op.startswith("keras::Categorical") or node.op.startswith("keras::Sparse")
            else "what lies outside of 0 to 1 is cut off, and no gradient comes back from there"
            if node.dialect == "keras"
            else "the logarithm of a negative number is not defined"
        ),
        related=[(node, "the loss that wants probabilities")],
        remedy=_remedy(node, over_classes),
        edits=_squashed(maker, "softmax" if over_classes else "sigmoid") if node.op != "keras::KLDivergence" else (),
        applicability="unsafe",
    )


def _squashed(maker: Node, squash: str) -> Edits:
    """Let the last layer of a Keras model end with the activation that the loss expects."""
    if maker.op in ("Gemm", "Conv"):
        return set_argument(maker, "activation", f'"{squash}"')
    return write_word(maker, ("linear", "relu", "tanh"), squash)


def _positive(node: Node) -> bool:
    """Divided by their sum, positive numbers are probabilities."""
    activation = operator(node.op).activation
    return activation is not None and activation.low >= 0 and node.op not in ("Relu", "Relu6")


def _values(node: Node) -> str:
    activation = operator(node.op).activation
    low = activation.low if activation is not None else float("-inf")
    high = activation.high if activation is not None else float("inf")
    if node.op in ("LSTM", "GRU", "RNN") and node.get("activation", "") == "tanh":
        low, high = -1, 1
    if low == float("-inf"):
        return "numbers of any size" if high == float("inf") else f"numbers up to {high:g}"
    return f"numbers from {low:g} on" if high == float("inf") else f"numbers between {low:g} and {high:g}"


def _remedy(node: Node, over_classes: bool) -> str:
    squash = "softmax" if over_classes or node.op == "keras::KLDivergence" else "sigmoid"
    if node.op == "keras::KLDivergence":
        return "end the network with a softmax"
    if node.dialect == "keras":
        return f'compile with `from_logits=True` and a linear last layer, or end it with `activation="{squash}"`'
    if node.op == "BCELoss":
        return "use BCEWithLogitsLoss, or put a sigmoid before the loss"
    return "use SoftmaxWithLoss, or put a Softmax before the loss"
