"""A gate lets nothing through when training begins."""

from collections.abc import Iterator
from math import exp
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Gates, Trainability

#: A sigmoid of -3 lets a twentieth through; one of -7 a thousandth, and has no more slope than that.
_CLOSED: Final = -3.0
_STUCK: Final = -7.0


@rule(severity="warning", learning=True, on=("Mul",), needs=(Gates, Trainability))
def gate_starts_closed(node: Node, ctx: Context) -> Iterator[Finding]:
    gate, trainability = ctx[Gates].of(node), ctx[Trainability]
    if gate is None or trainability.fine_tuning:
        return
    bias = gate.excite.param("bias")
    if bias is None or not bias.trainable or bias.initializer.kind != "constant":
        return
    start = bias.initializer.number("value", 0.0)
    hard = gate.squash.op == "HardSigmoid"
    # A closed branch beside a shortcut is a way to begin with the identity, as long as it can still open.
    if start > (_STUCK if gate.residual else _CLOSED):
        return
    yield ctx.finding(
        bias.initializer.fields.get("value", bias.initializer),
        f"the bias of {gate.excite.label} starts at {start:g}, so {gate.squash.label} starts at about "
        + ("0" if hard else f"{exp(max(start, -700.0)):.1g}")
        + f" for every channel: {gate.product.label} lets next to nothing through, and next to no gradient back",
        related=[(gate.product, "the map is multiplied here"), (gate.squash, "the gate")],
        remedy="start the bias at 0 (half open) or above",
        node=gate.excite,
    )
