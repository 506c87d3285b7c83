"""A recurrent layer reads another one that gives its last step only."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts.walk import upstream
from netlint.ops import operator

_RECURRENT: Final = ("LSTM", "GRU", "RNN")


@rule(severity="error", on=_RECURRENT)
def stacked_rnn_without_sequences(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or "return_sequences" not in node.attrs:
        return
    # Two of them are the two ways of a bidirectional layer.
    makers = list(upstream(node.inputs[0].value, _keeps_axes))
    if not makers or any(
        maker.op not in _RECURRENT or maker.get("return_sequences", True) is not False for maker in makers
    ):
        return
    below = makers[0]
    yield ctx.finding(
        below.place("return_sequences"),
        f"{below.label} hands its last step only to {node.label}, which wants a sequence: the axis of time is gone, "
        "and the model cannot be built",
        related=[(node, "this layer reads sequences")],
        remedy=f"give {below.label} `return_sequences=True`",
        node=node,
    )


def _keeps_axes(node: Node) -> bool:
    return operator(node.op).kind in ("dropout", "activation", "normalisation", "merge") or node.op in (
        "Identity",
        "Gemm",
    )
