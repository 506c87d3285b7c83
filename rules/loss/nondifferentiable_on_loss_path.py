"""An operator without derivative stands between the loss and everything that learns."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import GradientFlow, Trainability


@rule(severity="error", learning=True, needs=(GradientFlow, Trainability))
def nondifferentiable_on_loss_path(_model: Model, ctx: Context) -> Iterator[Finding]:
    flow = ctx[GradientFlow]
    if not ctx[Trainability].training:
        return
    for node in flow.cuts:
        loss = flow.losses[0]
        held = node.op in _STOPS
        yield ctx.finding(
            node,
            f"{node.label} passes no gradient{'' if held else ': its slope is 0 wherever it has one'}, and every way "
            f"from {loss.label} to the layers that learn leads through it: nothing is trained",
            related=[(loss, "the gradient starts here")],
            remedy="leave it out of the path to the loss"
            if held
            else "give the loss the scores themselves (cross entropy in place of an accuracy, a sigmoid in place of a "
            "threshold), or pass the gradient straight through on a way beside it",
        )


#: Made for holding gradients back.
_STOPS = ("aten::detach", "keras::StopGradient", "tensorflow::StopGradient")
