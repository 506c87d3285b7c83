"""Batch normalisation in training mode with one value a channel."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes
from netlint.model import product


@rule(severity="error", on=("BatchNormalization",), needs=(Shapes,), dialects=("onnx",))
def batchnorm_single_value(node: Node, ctx: Context) -> Iterator[Finding]:
    shape = ctx[Shapes].arriving(node)
    if node.get("training_mode", 0) != 1 or not isinstance(shape, tuple) or len(shape) < 2:
        return
    if product((shape[0], *shape[2:])) != 1:
        return
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} takes its statistics from the batch, and there is one value for each channel: minus its own "
        "mean every output is the shift alone, whatever the input",
        remedy="train with a larger batch, or use group normalisation; in a deployed model set training_mode to 0",
        node=node,
    )
