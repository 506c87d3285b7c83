"""A stored running variance that is negative, or zero where nothing is added to it."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts.weights import stored_behind


@rule(severity="error", beyond=True, on=("BatchNormalization",), dialects=("onnx",))
def negative_variance(node: Node, ctx: Context) -> Iterator[Finding]:
    variance = stored_behind(node, 4)
    epsilon = node.get("epsilon", 1e-5)
    if variance is None or variance.statistics is None or not isinstance(epsilon, int | float):
        return
    figures = variance.statistics
    if figures.low < 0:
        what = f"holds {figures.low:g}, and a variance is never negative"
    elif figures.low + epsilon == 0:
        what = "holds 0, and epsilon is 0, too"
    else:
        return
    cost = "its square root does not exist" if figures.low + epsilon < 0 else "the output is divided by zero"
    if figures.low < 0 < figures.low + epsilon:
        cost = "the channel is scaled by a number that nobody has learned"
    yield ctx.finding(
        variance,
        f"the running variance `{variance.name}` of {node.label} {what}: {cost}",
        related=[(node, "the variance is used here")],
        remedy="check the order of scale, bias, mean and variance, or take a checkpoint in which they are sound",
        node=node,
    )
