"""The labels of a data layer are read by nothing, and nothing else supervises the training."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import GradientFlow
from netlint.facts.walk import upstream
from netlint.ops import operator

#: Data layers whose second top is the label of each item.
_LABELLED: Final = frozenset({"Data", "ImageData", "MemoryData", "WindowData"})


@rule(severity="warning", on=("Input",), needs=(GradientFlow,), dialects=("caffe",))
def unused_label(node: Node, ctx: Context) -> Iterator[Finding]:
    if node.dialect_op not in _LABELLED or len(node.outputs) < 2 or node.outputs[1].uses:
        return
    flow = ctx[GradientFlow]
    if ctx.model.phase != "TRAIN" or not flow.certain or _supervised(ctx.model, flow):
        return
    phases = node.get("include", ())
    # Without a loss, only a data layer that is there for training shows that training is meant: features are
    # extracted with the same data layers.
    if not flow.losses and not (isinstance(phases, tuple) and "TRAIN" in phases):
        return
    label = node.outputs[1]
    cost = "the losses compare outputs of the net with each other" if flow.losses else "there is no loss either"
    yield ctx.finding(
        label,
        f"nothing reads the labels `{label.name}` of {node.label}, and {cost}: the net cannot learn what they say",
        related=[(loss, "a loss of this net") for loss in flow.losses[:2]],
        remedy=f'give a loss `bottom: "{label.name}"`, or drop this `top` if the labels are not needed',
        node=node,
    )


def _supervised(model: Model, flow: GradientFlow) -> bool:
    """A loss lacks a bottom (told as such), or something that comes from the data without weights arrives at one."""
    if flow.silenced or any(node.inputs and len(node.inputs) < 2 for node in flow.losses if operator(node.op).loss):
        return True
    problems = {problem.rule for problem in model.problems}
    if problems & {"unknown-bottom", "duplicate-top"}:
        return True
    return any(
        operator(source.op).kind == "source"
        for loss in flow.losses
        for edge in loss.inputs
        for source in upstream(edge.value, lambda other: operator(other.op).kind not in ("weighted", "source"))
    )
