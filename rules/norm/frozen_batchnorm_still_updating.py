"""A BatchNorm of a frozen body still normalises with the batch and updates its statistics."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.edits import set_field
from netlint.facts import Trainability
from netlint.facts.walk import ancestors, reached


@rule(severity="warning", fixes=("unsafe",), learning=True, needs=(Trainability,))
def frozen_batchnorm_still_updating(model: Model, ctx: Context) -> Iterator[Finding]:
    trainability = ctx[Trainability]
    norms = [node for node in model.by_op.get("BatchNormalization", ()) if _moves(node) and _fixed(node)]
    # PyTorch keeps the loss out of the module; that it was traced while it learns says the same.
    if not norms or not (trainability.training or (model.dialect == "torch" and model.phase == "TRAIN")):
        return
    learning = set(trainability.trainable)
    # What only goes into a loss may be a teacher or the slow copy of a network, which moves its statistics on purpose.
    taught = ancestors(learning)
    behind = reached(learning, lambda node: node.successors)
    body = [norm for norm in norms if norm in taught and norm not in behind and _frozen_before(norm, trainability)]
    if not body:
        return
    first, rest = body[0], len(body) - 1
    count = f" ({rest} more like it)" if rest else ""
    yield ctx.finding(
        first.place("training_mode"),
        f"{first.label} is frozen, but still normalises with each batch and updates its averages{count}: the frozen "
        "weights around it were learned with others, and the features change while the head learns",
        remedy=_REMEDIES.get(model.dialect, "let it use its stored statistics"),
        edits=tuple(
            edit for norm in body for edit in set_field(norm, ("batch_norm_param", "use_global_stats"), "true")
        ),
        applicability="unsafe",
        node=first,
    )


def _moves(node: Node) -> bool:
    return node.get("training_mode", 1) == 1 and node.param("mean") is not None


def _fixed(node: Node) -> bool:
    """Its factor and shift, which are a layer of their own in Caffe, are frozen."""
    owner = node if node.dialect != "caffe" or node.param("scale") is not None else None
    if owner is None:
        owner = next((after for after in node.successors if after.op == "caffe::Scale"), None)
    learnable = [param for param in owner.params if param.learnable] if owner is not None else []
    return bool(learnable) and not any(param.trainable for param in learnable)


def _frozen_before(norm: Node, trainability: Trainability) -> bool:
    """The layer that it normalises is frozen, too."""
    before = norm.inputs[0].producer if norm.inputs else None
    return before is not None and trainability.frozen(before)


_REMEDIES = {
    "caffe": "set `use_global_stats: true`, or let the layers before it learn",
    "torch": "call `eval()` on the frozen modules after every `model.train()`; `requires_grad = False` does not stop "
    "the statistics",
}
