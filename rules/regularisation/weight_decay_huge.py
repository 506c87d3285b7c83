"""Weight decay shrinks the weights faster than they can learn."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Optimisation


@rule(severity="warning", needs=(Optimisation,))
def weight_decay_huge(model: Model, ctx: Context) -> Iterator[Finding]:
    decay = model.training.weight_decay
    if not ctx[Optimisation].told or decay is None or not isinstance(decay.value, int | float) or decay.value < 0.1:
        return
    if ctx[Optimisation].decoupled_decay:
        return
    factors = [param.decay_mult for node in model.nodes for param in node.params if param.trainable]
    # A layer without its own factor decays in full.
    if factors and not any(factor is None or factor.value == 1 for factor in factors):
        return
    yield ctx.finding(
        decay,
        f"a {decay.word} of {decay.value:g} is added to every gradient as that share of the weight itself: it "
        "outweighs the loss, and the weights shrink to 0",
        remedy="use 0.0001 to 0.0005",
    )
