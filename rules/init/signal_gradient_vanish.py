"""So many sigmoids in a row that no gradient arrives at the first layer."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Saturation

#: 0.25 to the 8th is 1.5e-5: what is left of a gradient at weights of gain 1.
_MANY = 8


@rule(severity="warning", needs=(Saturation,))
def signal_gradient_vanish(_model: Model, ctx: Context) -> Iterator[Finding]:
    for first, last, count in ctx[Saturation].chains:
        if count < _MANY:
            continue
        yield ctx.finding(
            last,
            f"{count} sigmoids follow each other from {first.label} to {last.label}, with neither a normaliser nor a "
            f"shortcut between: the slope of each is at most 1/4, so that at weights of gain 1 no more than "
            f"{0.25**count:.0e} of a gradient arrives at the first one",
            related=[(first, "the first of them")],
            remedy="use ReLU inside the network, or normalise between the layers, or add shortcuts",
        )
