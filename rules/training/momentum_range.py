"""A momentum outside 0 to 1, or the two decay rates of Adam swapped."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.edits import swap
from netlint.facts import Optimisation


@rule(severity="error", fixes=("unsafe",), needs=(Optimisation,))
def momentum_range(model: Model, ctx: Context) -> Iterator[Finding]:
    if not ctx[Optimisation].told:
        return
    first, second = model.training.momentum, model.training.second_momentum
    for attr in (first, second):
        if attr is not None and isinstance(attr.value, int | float) and not 0 <= attr.value < 1:
            grows = (
                "every update grows without bound" if attr.value >= 1 else "every second update undoes the one before"
            )
            yield ctx.finding(
                attr,
                f"a {attr.word} of {attr.value:g}: {grows}",
                remedy=f"use a `{attr.word}` of at least 0 and below 1 (0.9 is common)",
            )
            return
    if ctx[Optimisation].optimizer != "Adam" or first is None or second is None:
        return
    if isinstance(first.value, float) and isinstance(second.value, float) and second.value < first.value:
        yield ctx.finding(
            second if second.span else first,
            f"{first.word} {first.value:g} and {second.word} {second.value:g} with Adam: the average of the squares "
            "forgets faster than that of the gradient, as if the two were swapped, and single updates can be huge",
            related=[(first, "the decay of the gradient's average")],
            remedy="use 0.9 and 0.999",
            edits=swap(first, second),
            applicability="unsafe",
            severity="warning",
        )
