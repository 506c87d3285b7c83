"""A loss that takes log-probabilities gets scores or probabilities."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Semantics
from netlint.ops import operator


@rule(severity="error", on=("NLLLoss", "NegativeLogLikelihoodLoss", "KLDivLoss"), needs=(Semantics,))
def nll_without_log(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    makers = ctx[Semantics].not_logarithms(node.inputs[0].value)
    if not makers:
        return
    maker = makers[0]
    probabilities = bool(operator(maker.op).probabilities)
    yield ctx.finding(
        node,
        f"{node.label} wants log-probabilities and gets the {'probabilities' if probabilities else 'scores'} of "
        f"{maker.label}: it takes no logarithm itself, so that {_cost(node, probabilities)}",
        related=[(maker, "gives probabilities" if probabilities else "gives scores")],
        remedy=_remedy(node, probabilities),
    )


def _cost(node: Node, probabilities: bool) -> str:
    if node.op == "KLDivLoss":
        return "the loss is no distance between distributions, and falls as its input grows"
    if probabilities:
        return (
            "the loss is minus the probability, between -1 and 0, and a class that is ruled out costs hardly anything"
        )
    return "the loss is minus the score of the right class, and falls for ever as all scores grow"


def _remedy(node: Node, probabilities: bool) -> str:
    if node.dialect == "torch":
        if node.op == "KLDivLoss":
            return "put `log_softmax` before the loss" + (", in place of the softmax" if probabilities else "")
        if probabilities:
            return "use `log_softmax` in place of the softmax, or `cross_entropy` on its input"
        return "use `cross_entropy`, or put `log_softmax` before the loss"
    return (
        "use LogSoftmax in place of the Softmax"
        if probabilities
        else "use SoftmaxCrossEntropyLoss, or put a LogSoftmax before the loss"
    )
