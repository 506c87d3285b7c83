"""Trainable parameters that no loss reaches."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import GradientFlow, Trainability
from netlint.facts.walk import ancestors, reached
from netlint.ops import operator


@rule(severity="warning", learning=True, needs=(GradientFlow, Trainability))
def param_without_loss_path(model: Model, ctx: Context) -> Iterator[Finding]:
    flow = ctx[GradientFlow]
    if not ctx[Trainability].training:
        return
    stranded = set(flow.stranded)
    # What an operator without derivative cuts off is told there.
    cut = ancestors(flow.cuts)
    for node in flow.stranded:
        if node in cut:
            continue
        below = reached([node], lambda other: other.successors)
        # A chain is told once, at its last layer; a branch that ends in Silence is dropped on purpose.
        if len(below & stranded) > 1 or any(operator(other.op).kind == "sink" for other in below):
            continue
        above = stranded & reached([node], lambda other: other.predecessors)
        more = len(above) - 1
        others = f", and neither do those of {more} layer{'s' if more > 1 else ''} before it" if more else ""
        yield ctx.finding(
            node,
            f"no loss reaches {node.label}: its weights never change{others}",
            related=[(loss, "a loss of this net") for loss in flow.losses[:1]],
            remedy="connect its output to a loss, "
            + ("freeze it with `lr_mult: 0`" if node.dialect == "caffe" else "freeze it")
            + " if it serves as it is, or remove it",
        )
