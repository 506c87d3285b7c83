"""A frozen layer keeps the random weights that it starts with."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Paths, Trainability


@rule(
    severity="warning",
    learning=True,
    needs=(Paths, Trainability),
    unless=("frozen-zero-layer", "head-frozen", "nothing-trainable"),
)
def frozen_random_layer(_model: Model, ctx: Context) -> Iterator[Finding]:
    trainability = ctx[Trainability]
    if not trainability.training or trainability.weights != "scratch":
        return
    random = [
        node
        for node in ctx[Paths].weighted
        if (weight := node.param("weight")) is not None
        and trainability.frozen(node)
        and weight.lr_mult is not None
        and weight.initializer.declared
        and weight.initializer.kind not in ("constant", "bilinear", "identity")
    ]
    if not random or not trainability.trainable:
        return
    first = random[0]
    weight = first.param("weight")
    assert weight is not None
    others = f" and {len(random) - 1} more" if len(random) > 1 else ""
    yield ctx.finding(
        weight.lr_mult,
        f"{first.label}{others} {'are' if others else 'is'} frozen, but training starts from scratch: the weights stay "
        "at their random start, and everything behind learns from scrambled inputs",
        remedy="let it learn, or start from weights that were trained",
        node=first,
    )
