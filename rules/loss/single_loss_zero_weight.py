"""Every loss has weight 0, or the only loss lives in TEST."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.edits import remove_attr
from netlint.facts import GradientFlow


@rule(severity="error", fixes=("unsafe",), needs=(GradientFlow,))
def single_loss_zero_weight(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    flow = ctx[GradientFlow]
    if model.phase == "TEST" or flow.losses or not flow.silenced or not flow.certain:
        return
    first, *others = flow.silenced
    yield ctx.finding(
        first.place("loss_weight"),
        f"{first.label} has weight 0{' like every other loss' if others else ' and is the only loss'}: all gradients "
        "are 0 and nothing is learned",
        related=[(other.place("loss_weight"), f"{other.label} has weight 0 too") for other in others],
        remedy="remove `loss_weight`, or set it to 1",
        edits=remove_attr(first, first.attrs.get("loss_weight")),
        applicability="unsafe",
        node=first,
    )
