"""The classifier itself is frozen, while the layers below it learn."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Paths, Trainability
from netlint.ops import operator


@rule(
    severity="warning", learning=True, on=("Conv", "Gemm"), needs=(Paths, Trainability), unless=("frozen-zero-layer",)
)
def head_frozen(node: Node, ctx: Context) -> Iterator[Finding]:
    weight, trainability, paths = node.param("weight"), ctx[Trainability], ctx[Paths]
    if weight is None or weight.lr_mult is None or not trainability.training or not trainability.frozen(node):
        return
    # A frozen layer with constant or bilinear weights is an operator made by hand.
    if weight.initializer.declared and weight.initializer.kind in ("constant", "bilinear"):
        return
    # Beside a branch that learns (LoRA) a frozen layer is meant to stay.
    if _joined(node):
        return
    losses = [edge.node for edge in paths.ends(node) if _classifies(edge.node)]
    # Below a network that is frozen as a whole (a discriminator, say) something else is being trained.
    if losses and any(other in trainability.trainable for other in paths.before(node)):
        yield ctx.finding(
            weight.lr_mult,
            f"{node.label} gives {losses[0].label} its scores and is frozen: the layers below it must learn features "
            "for class weights that never adapt",
            related=[(losses[0], "the loss that it feeds")],
            remedy="freeze the layers below instead, and let the head learn",
            node=node,
        )


def _joined(node: Node) -> bool:
    """Whether another branch joins the signal before a loss gets it."""
    seen: set[Node] = set()
    after = list(node.successors)
    while after:
        other = after.pop()
        if other in seen or operator(other.op).loss is not None:
            continue
        seen.add(other)
        if sum(1 for _ in other.predecessors) > 1:
            return True
        after += other.successors
    return False


def _classifies(node: Node) -> bool:
    loss = operator(node.op).loss
    if loss is None or loss.targets == "other":
        return False
    return loss.targets == "classes" or loss.expects in ("logits", "probabilities")
