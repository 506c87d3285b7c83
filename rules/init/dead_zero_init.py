"""Hidden layers whose filler says exactly zero."""

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
def dead_zero_init(node: Node, ctx: Context) -> Iterator[Finding]:
    weight, trainability, paths = node.param("weight"), ctx[Trainability], ctx[Paths]
    if weight is None or not weight.initializer.declared:
        return
    if trainability.weights == "pretrained" or not _starts_at_zero(node, ctx):
        return
    ends = paths.onward(node, _within_branch)
    # A zero head is fine, and so is a zero at the end of a branch that is then added to another.
    hidden = bool(ends) and all(operator(edge.node.op).kind == "weighted" for edge in ends)
    above = [edge.node for edge in paths.onward(node, _keeps_zero)]
    below = [other for other in paths.before(node) if _starts_at_zero(other, ctx)]
    partners = [other for other in above if _in_series(node, other, ctx)]
    partners += [other for other in below if _in_series(other, node, ctx)]
    if not hidden and not partners:
        return
    start = weight.initializer
    typeless = "type" not in start.fields and ctx.model.dialect == "caffe"
    says = "its filler says so" if ctx.model.dialect == "caffe" else "its initialiser says so"
    why = "its filler has no `type`, and Caffe's default is the constant 0" if typeless else says
    if partners:
        cost = (
            f"with {partners[0].label} at 0 in series each multiplies the other's gradient by 0, and neither ever moves"
        )
    elif _behind_relu(node, ctx):
        cost = "its outputs are 0 too, where the ReLU has no slope, so they never move"
    else:
        cost = "all of its units start alike and pass no gradient to the layers below"
    yield ctx.finding(
        start,
        f"the weights of {node.label} start at exactly 0 ({why}): {cost}",
        related=[(other, "this layer starts at 0 too") for other in partners[:1]],
        remedy='use a random filler: `type: "msra"` before ReLU, else `type: "xavier"`, or "gaussian" with a `std`'
        if ctx.model.dialect == "caffe"
        else "start from random weights: He's before ReLU (`he_normal`), else Glorot's (`glorot_uniform`)",
        edits=refill(node, paths.suited_start(node)),
        applicability="unsafe",
        severity=None if partners else "warning",
        node=node,
    )


def _starts_at_zero(node: Node, ctx: Context) -> bool:
    """A trained weight that starts at 0: by its filler, or for want of one where no weights file will help."""
    weight = node.param("weight")
    if weight is None or not weight.trainable or not weight.initializer.is_zero:
        return False
    return weight.initializer.declared or ctx[Trainability].weights == "scratch"


def _in_series(lower: Node, upper: Node, ctx: Context) -> bool:
    """Two zero layers, the lower one without bias, and every use of its zeros is such an upper one."""
    bias = lower.param("bias")
    if bias is not None and not bias.initializer.is_zero:
        return False
    ends = [edge.node for edge in ctx[Paths].onward(lower, _keeps_zero)]
    return upper in ends and all(_starts_at_zero(end, ctx) for end in ends)


def _behind_relu(node: Node, ctx: Context) -> bool:
    """All that reads the layer is a ReLU, and no bias lifts the zeros."""
    bias, successor = node.param("bias"), ctx[Paths].only_successor(node)
    return successor is not None and successor.op == "Relu" and (bias is None or bias.initializer.is_zero)


def _within_branch(node: Node) -> bool:
    """Operators between two weighted layers that do not join branches."""
    described = operator(node.op)
    return bool(described.name) and described.kind not in ("weighted", "merge", "loss", "metric", "sink", "source")


def _keeps_zero(node: Node) -> bool:
    """Operators of one branch that make zeros of zeros."""
    described = operator(node.op)
    if not _within_branch(node) or len(node.inputs) != 1:
        return False
    if described.activation is not None:
        return described.activation.keeps_zero
    shift = node.param("bias")
    return described.kind != "activation" and (shift is None or shift.initializer.is_zero)
