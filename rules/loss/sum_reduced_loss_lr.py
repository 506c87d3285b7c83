"""A loss summed over the whole image with a learning rate that was not scaled for it."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import GradientFlow, Optimisation


@rule(severity="warning", on=("CrossEntropyLoss",), needs=(GradientFlow, Optimisation))
def sum_reduced_loss_lr(node: Node, ctx: Context) -> Iterator[Finding]:
    optimisation = ctx[Optimisation]
    step = optimisation.step
    if not optimisation.told or step is None or node not in ctx[GradientFlow].losses or "loss_weight" in node.attrs:
        return
    terms = optimisation.summed_classes(node)
    # Over a handful of positions a sum is as good as a mean.
    if terms is None or terms < 1000:
        return
    length = step * terms
    limit = ctx.model.training.gradient_limit
    if length > 10 and (limit is None or limit.value == -1):
        effect = "the loss will diverge"
    elif length * optimisation.largest_multiplier < 1e-7:
        effect = "the weights hardly move"
    else:
        return
    yield ctx.finding(
        optimisation.place or node,
        f"{node.label} sums over {terms} positions without dividing by them, so a learning rate of "
        f"{optimisation.rate:g} "
        f"with momentum {optimisation.momentum:g} acts like {length:.2g} on their mean: {effect}",
        related=[(node.place("normalize", "normalization"), "the loss is not normalised")],
        remedy="write `loss_param { normalize: true }` and use a common rate, or divide the rate by the positions",
        node=node,
    )
