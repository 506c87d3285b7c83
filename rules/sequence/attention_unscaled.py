"""Attention scores are not divided by the root of their width."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Attention

#: A variance of 16 at initialisation: beyond it a softmax is close to a maximum.
_NARROW = 16


@rule(severity="info", needs=(Attention,))
def attention_unscaled(_model: Model, ctx: Context) -> Iterator[Finding]:
    attention = ctx[Attention]
    for head in attention.heads:
        width = attention.width(head)
        # The factor may have been multiplied into the weights (T5): no more than an information.
        if width is None or width <= _NARROW or attention.scaled(head):
            continue
        yield ctx.finding(
            head.scores,
            f"{head.scores.label} compares {width} features, and {head.softmax.label} reads the scores as they are: of "
            f"queries and keys of unit variance they have a variance of {width}, and the softmax is nearly a maximum",
            related=[(head.softmax, "unscaled scores arrive here")],
            remedy=f"multiply the scores by {width**-0.5:.4g}, unless that factor is in the weights already",
        )
