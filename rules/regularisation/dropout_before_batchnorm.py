"""Dropout shifts the variance that batch normalisation stores."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts.walk import sole_source
from netlint.ops import operator


@rule(severity="info", learning=True, on=("BatchNormalization",))
def dropout_before_batchnorm(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or node.get("training_mode", 1) == 0:
        return
    dropout = sole_source(node.inputs[0].value, _linear)
    if dropout is None or dropout.op != "Dropout" or dropout.get("ratio", 0.5) == 0:
        return
    yield ctx.finding(
        node,
        f"{node.label} stores the variance that {dropout.label} leaves while training, which is larger than the one "
        "without dropout: the network that is used later is scaled wrongly here",
        related=[(dropout, "switched off after training")],
        remedy="put the dropout behind the last normaliser, or leave one of the two out",
    )


def _linear(node: Node) -> bool:
    """Keeps a difference in variance: layers of one input, and what moves elements (but no dropout)."""
    described = operator(node.op)
    if described.kind == "weighted":
        return described.linear or node.op in ("Conv", "ConvTranspose", "Gemm")
    return described.kind in ("layout", "affine") and described.linear and len(node.inputs) == 1
