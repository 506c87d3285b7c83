"""The map has shrunk to one pixel, and convolutions with larger kernels follow."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Geometry


@rule(severity="warning", needs=(Geometry,))
def early_global_collapse(model: Model, ctx: Context) -> Iterator[Finding]:
    collapsed = ctx[Geometry].collapsed
    if not collapsed:
        return
    first = collapsed[0]
    producer = first.inputs[0].producer
    if model.dialect == "caffe" and producer is not None and producer.op == "Input":
        # An image of one pixel is none: nets that are only run are given the size of each image then (Net::Reshape).
        return
    related = [(producer, f"{producer.label} leaves one pixel")] if producer is not None else []
    yield ctx.finding(
        first,
        f"the map is down to one pixel at {first.label}, and {len(collapsed)} convolutions with larger kernels still "
        "follow: but for their centres, all their weights only ever see padding",
        related=[*related, *((node, "another one") for node in collapsed[1:3])],
        remedy="use less stride or pooling above, a larger input, or kernels of 1 from here on",
    )
