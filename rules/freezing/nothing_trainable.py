"""No trainable parameter reaches the loss."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import GradientFlow, Trainability


@rule(severity="error", learning=True, needs=(GradientFlow, Trainability))
def nothing_trainable(model: Model, ctx: Context) -> Iterator[Finding]:
    flow, trainability = ctx[GradientFlow], ctx[Trainability]
    # An operator that netlint does not know may have parameters of its own; one without derivative is told by
    # nondifferentiable-on-loss-path.
    if not trainability.training or not flow.certain or flow.cuts:
        return
    learnable = [node for node in model.nodes if any(param.learnable for param in node.params)]
    if not learnable or any(flow.reaches(node) for node in trainability.trainable):
        return
    frozen = [node for node in learnable if trainability.frozen(node)]
    loss = flow.losses[0]
    places = [param.lr_mult for node in frozen[:1] for param in node.params if param.lr_mult is not None]
    yield ctx.finding(
        loss,
        f"{loss.label} trains nothing: "
        + (
            f"all {len(frozen)} layers with parameters are frozen{_by(ctx)}"
            if len(frozen) == len(learnable)
            else "no layer with trainable parameters leads to it"
        ),
        related=[(places[0], f"{frozen[0].label} is frozen")] if places else [],
        remedy="let at least the head learn" + _UNFREEZE.get(ctx.model.dialect, ""),
    )


_UNFREEZE = {
    "caffe": ": remove its `lr_mult: 0`",
    "keras": ": set its `trainable` to true",
    "torch": ": set `requires_grad` of its parameters",
}


def _by(ctx: Context) -> str:
    return " by an lr_mult of 0" if ctx.model.dialect == "caffe" else ""
