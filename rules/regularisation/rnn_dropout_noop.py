"""Dropout between recurrent layers where there is only one."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule


@rule(severity="warning", on=("aten::lstm", "aten::gru", "aten::rnn_tanh", "aten::rnn_relu"), dialects=("torch",))
def rnn_dropout_noop(node: Node, ctx: Context) -> Iterator[Finding]:
    ratio = node.get("dropout", 0.0)
    if node.get("num_layers", 0) != 1 or not isinstance(ratio, int | float) or not ratio > 0:
        return
    yield ctx.finding(
        node.place("dropout"),
        f"{node.label} has one layer, and its dropout of {ratio:g} stands between layers only: it never drops anything",
        remedy="leave `dropout` out; put an `nn.Dropout` behind it, or stack two layers, if it is to be regularised",
        node=node,
    )
