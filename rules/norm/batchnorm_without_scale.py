"""Caffe's BatchNorm without a Scale loses the learned factor and shift."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import Edits, add_layer
from netlint.facts import Paths
from netlint.ops import operator


@rule(severity="info", fixes=("unsafe",), on=("BatchNormalization",), needs=(Paths,), dialects=("caffe",))
def batchnorm_without_scale(node: Node, ctx: Context) -> Iterator[Finding]:
    successor = ctx[Paths].only_successor(node)
    if "affine" in node.attrs or successor is None or operator(successor.op).kind != "activation":
        return
    # A learned slope or a softmax is an activation too, but only these lose something.
    if operator(successor.op).activation is None:
        return
    yield ctx.finding(
        node,
        f"{node.label} feeds {successor.label} without a Scale: Caffe's BatchNorm only normalises, so every channel "
        "enters the activation with mean 0 and variance 1 and cannot learn another range",
        related=[(successor, "the activation")],
        remedy="put `Scale { scale_param { bias_term: true } }` between the two",
        edits=_scale(node),
        applicability="unsafe",
    )


def _scale(node: Node) -> Edits:
    """A Scale in place, right behind the layer."""
    top = f'"{node.outputs[0].name}"'
    if "include" in node.attrs:
        return ()
    return add_layer(
        node,
        [
            ("name", f'"{node.name}_scale"'),
            ("type", '"Scale"'),
            ("bottom", top),
            ("top", top),
            ("scale_param", [("bias_term", "true")]),
        ],
    )
