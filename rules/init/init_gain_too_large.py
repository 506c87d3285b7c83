"""Weights whose scale ignores how many inputs they add up: the scores start out enormous."""

from collections.abc import Iterator
from math import isfinite, sqrt
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import InitialSignal, Trainability

#: A layer that multiplies its inputs by 5 is far from what any activation needs (1 to sqrt 2) ...
_LAYER: Final = 25.0
#: ... and scores of 20 leave a softmax or sigmoid no slope, and a loss huge gradients on its mistakes.
_SCORES: Final = 400.0


@rule(
    severity="warning",
    learning=True,
    on=("Conv", "Gemm"),
    needs=(InitialSignal, Trainability),
    unless=("positive-only-init",),
)
def init_gain_too_large(node: Node, ctx: Context) -> Iterator[Finding]:
    trainability, signal = ctx[Trainability], ctx[InitialSignal]
    weight = node.param("weight")
    if weight is None or not weight.trainable or not trainability.training or trainability.fine_tuning:
        return
    gain = signal.gain(node)
    if gain is None or not isfinite(gain.factor) or gain.factor <= _LAYER:
        return
    # Small weights further up, or a normaliser, may make up for it: what counts is what the loss sees.
    reached = signal.scores(node)
    if reached is None or not reached[1] > _SCORES:
        return
    loss, square = reached
    start = weight.initializer
    yield ctx.finding(
        next((start.fields[name] for name in ("std", "max", "min") if name in start.fields), start),
        f"{node.label} adds up {gain.fan:,} inputs with weights of size {sqrt(gain.square):.2g}, so its outputs start "
        f"{sqrt(gain.factor):.0f} times as large as its inputs: {loss.label} begins with scores of about "
        f"{sqrt(square):.2g} for inputs of size 1, far beyond the few units that it has a useful slope for",
        related=[(loss, "these scores arrive here")],
        remedy=f"scale the weights by their number: a standard deviation of {sqrt(2 / gain.fan):.2g} before ReLU "
        f'(He, "msra"), {sqrt(1 / gain.fan):.2g} elsewhere',
        node=node,
    )
