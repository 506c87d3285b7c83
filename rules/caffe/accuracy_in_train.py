"""An accuracy is measured in every training iteration."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import add_fields
from netlint.facts import Trainability


@rule(severity="info", fixes=("safe",), on=("caffe::Accuracy",), needs=(Trainability,), dialects=("caffe",))
def accuracy_in_train(node: Node, ctx: Context) -> Iterator[Finding]:
    phases = node.get("include", ())
    wanted = isinstance(phases, tuple) and "TRAIN" in phases
    if ctx.model.phase == "TRAIN" and ctx[Trainability].training and not wanted:
        yield ctx.finding(
            node,
            f"{node.label} also runs in every training iteration: it costs time, and what it prints there is measured "
            "on one training batch",
            remedy="add `include { phase: TEST }`, or `include { phase: TRAIN }` to say that it is meant",
            edits=add_fields(node, [("include", [("phase", "TEST")])], after="top"),
        )
