"""A bias on a deconvolution that only enlarges."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import without_bias
from netlint.facts import Shapes, Trainability


@rule(severity="warning", fixes=("unsafe",), on=("ConvTranspose",), needs=(Shapes, Trainability))
def deconvolution_bias(node: Node, ctx: Context) -> Iterator[Finding]:
    bias, why = node.param("bias"), _upsampler(node, ctx)
    # A bias that is frozen at 0 adds nothing.
    if bias is None or not why or not ctx[Trainability].learns or (bias.initializer.is_zero and not bias.trainable):
        return
    yield ctx.finding(
        node.place("bias"),
        f"{node.label} enlarges its input ({why}) and has a bias: it adds a constant to every pixel of a map, which "
        "the layer below can learn as well",
        remedy="set `bias_term: false`" if node.dialect == "caffe" else "leave the bias out",
        edits=without_bias(node),
        applicability="unsafe",
        node=node,
    )


def _upsampler(node: Node, ctx: Context) -> str:
    """Why this layer interpolates rather than learns; empty when it does not."""
    weight = node.param("weight")
    if weight is not None and weight.initializer.kind == "bilinear":
        return "its kernel is bilinear"
    if ctx[Trainability].fixed_kernel(node):
        return "its kernel is frozen"
    shape, units = ctx[Shapes].arriving(node), node.get("out_channels", 0)
    channels = shape[1] if isinstance(shape, tuple) and len(shape) > 1 else units
    if isinstance(units, int) and units > 1 and node.get("group", 1) == units == channels:
        return "one group a channel"
    return ""
