"""A BatchNormalization of a finished model still computes with the statistics of its batch."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Liveness, Trainability


@rule(severity="error", on=("BatchNormalization",), needs=(Liveness, Trainability), dialects=("onnx",))
def batchnorm_training_in_deploy(node: Node, ctx: Context) -> Iterator[Finding]:
    if not ctx[Trainability].finished or ctx[Liveness].dead(node):
        return
    extra = sum(bool(value.name) for value in node.outputs[1:])
    if node.get("training_mode", 0) == 1:
        place, what = node.place("training_mode"), "has `training_mode` 1"
    elif extra and "training_mode" not in node.attrs and 7 <= ctx.model.opsets.get("", 0) < 14:
        place, what = node, f"has {extra + 1} outputs, which in this opset means training mode"
    else:
        return
    yield ctx.finding(
        place,
        f"{node.label} {what}: it normalises with the mean and variance of whatever batch comes in, so the answer for "
        "one sample depends on the others, and the statistics that were learned are not used",
        remedy="export the model in evaluation mode (PyTorch: `model.eval()`, `training=TrainingMode.EVAL`)",
        node=node,
    )
