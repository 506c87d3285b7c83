"""BatchNorm uses stored statistics while the network is trained."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import remove_attr
from netlint.facts import Shapes, Trainability


@rule(
    severity="warning",
    fixes=("unsafe",),
    learning=True,
    on=("BatchNormalization",),
    needs=(Shapes, Trainability),
    dialects=("caffe",),
)
def frozen_batchnorm(node: Node, ctx: Context) -> Iterator[Finding]:
    trainability = ctx[Trainability]
    # From scratch it is worse, and frozen-batchnorm-from-scratch tells it.
    if node.get("training_mode", 1) != 0 or not trainability.training or trainability.weights == "scratch":
        return
    arriving = [ctx[Shapes].input(norm) for norm in ctx.model.by_op[node.op]]
    batches = [shape[0] for shape in arriving if isinstance(shape, tuple) and shape]
    crowded = any(isinstance(batch, int) and batch > 2 for batch in batches)
    # Detectors train with an image or two at a time, and so do those whose data a script of their own brings: batch
    # statistics would be worth little. `frozen` of a fork's BN is its author's word for it.
    fed = any(not other.inputs for other in ctx.model.nodes)
    if (fed or trainability.batchnorm_frozen_throughout) and not crowded:
        return
    if node.attrs["training_mode"].word == "frozen":
        return
    yield ctx.finding(
        node.place("training_mode"),
        f"{node.label} normalises with stored statistics while the network is trained: on data unlike that of the "
        "weights file its outputs drift without bound, and the loss may stick at 87.33",
        remedy="remove `use_global_stats`: Caffe uses the batch in TRAIN and the stored statistics in TEST by itself",
        edits=remove_attr(node, node.attrs.get("training_mode")),
        applicability="unsafe",
        node=node,
    )
