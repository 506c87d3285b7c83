"""Several convolutions on maps smaller than their kernels."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Geometry


@rule(severity="warning", needs=(Geometry,))
def mostly_padding_kernel(model: Model, ctx: Context) -> Iterator[Finding]:
    geometry = ctx[Geometry]
    starved = geometry.starved
    # One or two of them are the tail of a detector, and deeper tails belong to some. Maps of a single pixel have a
    # rule of their own.
    if len(starved) < 3 or geometry.collapsed or geometry.nominal or "caffe::PriorBox" in model.by_op:
        return
    node, share = starved[0]
    size = "x".join(map(str, geometry.sizes(node.inputs[0].value)))
    yield ctx.finding(
        node,
        f"{node.label} and {len(starved) - 1} more convolutions work on maps smaller than their kernels: of its taps "
        f"{share:.0%} lie on the map of {size}, the others on padding",
        related=[(other, f"{part:.0%} of its taps lie on the map") for other, part in starved[1:4]],
        remedy="keep the resolution longer (less stride or pooling), or use a larger input",
    )
