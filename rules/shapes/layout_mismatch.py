"""The first convolution takes rows of an image for its channels."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes
from netlint.facts.walk import sole_source
from netlint.model import spell
from netlint.ops import operator


@rule(severity="warning", on=("Conv",), needs=(Shapes,))
def layout_mismatch(node: Node, ctx: Context) -> Iterator[Finding]:
    shape = ctx[Shapes].input(node)
    if not isinstance(shape, tuple) or len(shape) != 4:
        return
    colours, side, other = (shape[1], shape[2], shape[3]) if node.channels_last else (shape[3], shape[2], shape[1])
    # A single row or column of many features is a spectrum, and no image has fewer than 16 pixels a side.
    if colours not in (3, 4) or not isinstance(side, int) or side < 16 or side != other:
        return
    source = sole_source(node.inputs[0].value, _prepares)
    if source is None or operator(source.op).kind != "source":
        return
    pixels = shape[1:3] if node.channels_last else shape[2:]
    yield ctx.finding(
        node,
        f"{node.label} reads {spell(shape)} as an image of {other} channels and {spell(pixels)} pixels, "
        f"but this looks like {colours} colours and {side}x{side} pixels: the axes are the other way round",
        related=[(source, "the image comes in here")],
        remedy=(
            "declare the input as (height, width, channels)"
            if node.channels_last
            else "declare the input as (channels, height, width)"
        )
        + ", or change `data_format`" * (node.dialect == "keras"),
    )


def _prepares(node: Node) -> bool:
    return operator(node.op).kind in ("affine", "dropout") or node.op in ("Identity", "BatchNormalization")
