"""Dropout stands between the last layer and its loss."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import remove_layer, remove_sequential
from netlint.facts import Paths
from netlint.facts.walk import sole_source
from netlint.ops import operator


@rule(severity="warning", fixes=("unsafe",), on=("Dropout", "keras::GaussianDropout"), needs=(Paths,))
def dropout_on_logits(node: Node, ctx: Context) -> Iterator[Finding]:
    ratio = node.get("ratio", node.get("rate", 0.5))
    if not node.inputs or not node.outputs or ratio == 0:
        return
    ends = [edge.node for edge in ctx[Paths].onward(node, _only_moves_or_squashes)]
    losses = [end for end in ends if _judges(end)]
    if not losses or not all(_judges(end) or operator(end.op).kind in ("metric", "sink") for end in ends):
        return
    layer = sole_source(node.inputs[0].value, _only_moves_or_squashes)
    if layer is None or operator(layer.op).kind != "weighted":
        return
    share = f"{ratio:.0%} of " if isinstance(ratio, int | float) and 0 < ratio < 1 else ""
    yield ctx.finding(
        node,
        f"{node.label} drops {share}what {layer.label} answers before {losses[0].label} judges it: an answer that is "
        "set to 0 by chance is punished like a mistake, and nothing can learn to avoid it",
        related=[(layer, "the last layer"), (losses[0], "the loss")],
        remedy="remove it, or put it before the last layer",
        edits=remove_sequential(node) if node.dialect == "keras" else remove_layer(node),
        applicability="unsafe",
    )


def _judges(node: Node) -> bool:
    loss = operator(node.op).loss
    return loss is not None and loss.targets != "other" and (loss.expects != "values" or loss.regression)


def _only_moves_or_squashes(node: Node) -> bool:
    described = operator(node.op)
    return described.kind in ("activation", "dropout") or node.op in (
        "Identity",
        "Reshape",
        "Flatten",
        "Cast",
        "Squeeze",
    )
