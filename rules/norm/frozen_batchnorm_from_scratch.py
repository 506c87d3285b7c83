"""BatchNorm uses stored statistics that nothing has ever filled."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import remove_attr, set_argument
from netlint.facts import Trainability


@rule(
    severity="error",
    fixes=("unsafe",),
    learning=True,
    on=("BatchNormalization",),
    needs=(Trainability,),
    dialects=("caffe", "keras"),
)
def frozen_batchnorm_from_scratch(node: Node, ctx: Context) -> Iterator[Finding]:
    trainability = ctx[Trainability]
    if node.get("training_mode", 1) != 0 or trainability.weights != "scratch":
        return
    if node.dialect == "keras":
        yield ctx.finding(
            node.place("training_mode"),
            f"{node.label} is frozen, but training starts from scratch: its statistics stay at mean 0 and variance 1, "
            "and it normalises nothing",
            remedy="leave it trainable until there are weights worth keeping",
            edits=set_argument(node, "trainable", "true"),
            applicability="unsafe",
            severity="warning",
            node=node,
        )
        return
    epsilon = node.get("epsilon", 1e-5)
    gain = f"{epsilon**-0.5:.0f}" if isinstance(epsilon, int | float) and epsilon > 0 else "1 / sqrt(eps)"
    yield ctx.finding(
        node.place("training_mode"),
        f"{node.label} normalises with stored statistics, but training starts from scratch: mean and variance are 0, "
        f"nothing updates them, and the layer multiplies its input by {gain}",
        remedy="remove `use_global_stats`: Caffe uses the batch in TRAIN and the stored statistics in TEST by itself",
        edits=remove_attr(node, node.attrs.get("training_mode")),
        applicability="unsafe",
        node=node,
    )
