"""An initialiser or a penalty of the user's own: what it does is not in the file."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, rule

_KNOWN: Final = frozenset(
    ("constant", "normal", "uniform", "truncated_normal", "orthogonal", "identity", "variance_scaling", "bilinear")
)
_SCHEMES: Final = ("xavier_", "kaiming_", "lecun_")
_PENALTIES: Final = frozenset(("l1", "l2", "l1_l2", "orthogonal"))


@rule(severity="info", dialects=("keras",), unless=("gate-regularised-shut",))
def opaque_initializer(model: Model, ctx: Context) -> Iterator[Finding]:
    told: set[str] = set()
    for node in model.nodes:
        for param in node.params:
            start = param.initializer
            if start.kind in _KNOWN or start.kind.startswith(_SCHEMES) or not start.spelled or start.kind in told:
                continue
            told.add(start.kind)
            yield ctx.finding(
                start,
                f"the {param.role} of {node.label} starts as {start.spelled} says, which is code outside of the file: "
                "nothing can be said of the signal behind it",
                remedy="check that it scales with the layer's inputs, as He and Glorot do, and has mean 0",
                node=node,
            )
        penalty = node.attrs.get("activity_regularizer")
        if penalty is not None and isinstance(penalty.value, str) and penalty.value not in _PENALTIES | told:
            told.add(penalty.value)
            yield ctx.finding(
                node.place("activity_regularizer"),
                f"{node.label} is penalised by {penalty.value}, which is code outside of the file: nothing can be said "
                "of where it pulls the layer",
                remedy="check that the layer's activation can reach the values that cost least",
                node=node,
            )
