"""A frozen weight whose bias still learns, because it has no `param` of its own."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import Edits, add_fields


@rule(
    severity="info",
    fixes=("unsafe",),
    learning=True,
    on=("Conv", "ConvTranspose", "Gemm", "Embedding", "caffe::Scale"),
    dialects=("caffe",),
)
def partial_param_spec(node: Node, ctx: Context) -> Iterator[Finding]:
    if len(node.params) != 2:
        return
    first, bias = node.params
    if first.lr_mult is None or first.trainable or not bias.learnable:
        return
    if bias.lr_mult is None and bias.decay_mult is None and bias.shared is None:
        word = first.lr_mult.word
        second = "`blobs_lr: 0`" if word == "blobs_lr" else "`param { lr_mult: 0 }`"
        yield ctx.finding(
            first.lr_mult,
            f"{node.label} has a {first.role} and a bias but one `{word}` only: the {first.role} is frozen, while the "
            f"bias silently learns with a {word} of 1",
            related=[(node.attrs["bias"], "the bias")] if "bias" in node.attrs else [],
            edits=_frozen_too(node, word),
            applicability="unsafe",
            remedy=f"add a second {second}, or drop the bias with `bias_term: false`",
            node=node,
        )


def _frozen_too(node: Node, word: str) -> Edits:
    if word == "blobs_lr":
        return add_fields(node, [("blobs_lr", "0")], after="blobs_lr")
    return add_fields(node, [("param", [("lr_mult", "0")])], after="param")
