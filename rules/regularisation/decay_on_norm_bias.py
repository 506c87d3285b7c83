"""Weight decay also shrinks biases and the factors behind a normalisation."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, rule
from netlint.facts import Optimisation

_REMEDIES: Final = {
    "caffe": "give these parameters `decay_mult: 0`",
    "torch": "put them into a parameter group with `weight_decay` 0",
}


@rule(severity="info", needs=(Optimisation,), default=False)
def decay_on_norm_bias(model: Model, ctx: Context) -> Iterator[Finding]:
    decay = model.training.weight_decay
    if not ctx[Optimisation].told or decay is None or not isinstance(decay.value, int | float) or decay.value <= 0:
        return
    decaying = [
        node
        for node in model.nodes
        for param in node.params
        if param.trainable
        and (param.role == "bias" or param.role == "scale" or node.op == "caffe::Scale")
        and (param.decay_mult is None or param.decay_mult.value != 0)
    ]
    if decaying:
        layers = list(dict.fromkeys(decaying))
        yield ctx.finding(
            decay,
            f"the {decay.word} of {decay.value:g} also shrinks the biases and normalisation factors of "
            f"{len(layers)} layers: they do not overfit, and pulling them to 0 only costs accuracy",
            related=[(layers[0], "the first of them")],
            remedy=_REMEDIES.get(model.dialect, "leave them out of the weight decay"),
        )
