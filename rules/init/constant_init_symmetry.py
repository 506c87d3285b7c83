"""Weights start at one constant: the units of the layer are copies of each other."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import refill
from netlint.facts import Paths, Trainability
from netlint.ops import operator


@rule(
    severity="error",
    fixes=("unsafe",),
    learning=True,
    on=("Conv", "ConvTranspose", "Gemm"),
    needs=(Paths, Trainability),
)
def constant_init_symmetry(node: Node, ctx: Context) -> Iterator[Finding]:
    weight, trainability = node.param("weight"), ctx[Trainability]
    if weight is None or trainability.weights == "pretrained":
        return
    start = weight.initializer
    if not _constant(node) or start.is_zero or not weight.trainable or _copies(node) < 2:
        return
    ends = ctx[Paths].ends(node)
    # The units of a head have labels of their own, which tell them apart.
    if not ends or not all(operator(edge.node.op).kind == "weighted" for edge in ends):
        return
    value = start.number("value", 0.0)
    apart = [edge.node for edge in ends if not _constant(edge.node)]
    yield ctx.finding(
        start.fields.get("value", start),
        f"every weight of {node.label} starts at {value:g}, so its {_copies(node)} units compute the same: "
        + (
            f"only the random weights of {apart[0].label} tell them apart, and the layer starts as a single unit"
            if apart
            else "the layers above start at constants too, all units get the same gradient and stay copies for ever"
        ),
        remedy='use a random filler: `weight_filler { type: "msra" }` before ReLU, else "xavier"'
        if node.dialect == "caffe"
        else "start from random weights: He's before ReLU (`he_normal`), else Glorot's (`glorot_uniform`)",
        edits=refill(node, ctx[Paths].suited_start(node)),
        applicability="unsafe",
        severity="warning" if apart else None,
        node=node,
    )


def _constant(node: Node) -> bool:
    """All weights start alike, and so do all biases."""
    return all(param.initializer.kind == "constant" for param in node.params if param.role in ("weight", "bias"))


def _copies(node: Node) -> int:
    """How many units see the same inputs."""
    units, group = node.get("out_features", node.get("out_channels", 0)), node.get("group", 1)
    return units // group if isinstance(units, int) and isinstance(group, int) and group > 0 else 0
