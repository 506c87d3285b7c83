"""A net to be trained is fed by Input layers only."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Trainability
from netlint.ops import operator


@rule(severity="info", learning=True, needs=(Trainability,), dialects=("caffe",))
def input_in_train(model: Model, ctx: Context) -> Iterator[Finding]:
    trainability = ctx[Trainability]
    if model.phase != "TRAIN" or not trainability.training or not trainability.trainable:
        return
    sources = [node for node in model.nodes if operator(node.op).kind == "source" and node.op == "Input"]
    if sources and all(node.dialect_op == "Input" for node in sources):
        names = ", ".join(f"`{value.name}`" for node in sources for value in node.outputs)
        yield ctx.finding(
            sources[0],
            f"this net has a loss and weights to learn, but only Input layers feed it ({names}): a solver leaves them "
            "as they are, and the net trains on zeros unless your own code fills them before each step",
            remedy="use a data layer (Data, ImageData, HDF5Data, ...) in the TRAIN phase",
        )
