"""An LSTM or GRU whose state nothing bounds."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.edits import write_word

#: What grows without bound at least on one side.
_OPEN: Final = frozenset(
    ("relu", "leaky_relu", "elu", "selu", "celu", "gelu", "silu", "swish", "mish", "softplus", "exponential", "linear")
)


@rule(severity="warning", fixes=("unsafe",), on=("LSTM", "GRU"))
def rnn_relu(node: Node, ctx: Context) -> Iterator[Finding]:
    # Layers with frozen weights may be written by hand.
    weight = node.param("weight")
    if weight is not None and not weight.trainable:
        return
    state, gate = node.get("activation", "tanh"), node.get("recurrent_activation", "sigmoid")
    if gate in _OPEN:
        yield ctx.finding(
            node.place("recurrent_activation"),
            f"{node.label} opens and closes its gates with {gate}, which is not held between 0 and 1: a gate above 1 "
            "multiplies the state at every step, and it explodes on long sequences",
            remedy='use `recurrent_activation="sigmoid"`',
            edits=write_word(node.attrs.get("recurrent_activation"), _OPEN, "sigmoid"),
            applicability="unsafe",
            node=node,
        )
    if state in _OPEN:
        yield ctx.finding(
            node.place("activation"),
            f"{node.label} makes its state with {state} instead of tanh: nothing bounds what is added up step by step, "
            "so states and gradients explode on long sequences, and the fast GPU kernel cannot be used",
            remedy='leave `activation` at "tanh"; a ReLU belongs behind the layer',
            edits=write_word(node.attrs.get("activation"), _OPEN, "tanh"),
            applicability="unsafe",
            node=node,
        )
