"""A crop cuts elsewhere than where the other branch lies."""

from collections.abc import Iterator
from fractions import Fraction

from netlint import Context, Finding, Node, rule
from netlint.edits import set_each
from netlint.facts import Geometry


@rule(severity="warning", fixes=("unsafe",), on=("caffe::Crop",), needs=(Geometry,), dialects=("caffe",))
def crop_offset_misaligned(node: Node, ctx: Context) -> Iterator[Finding]:
    # Forks before BVLC's Crop find the offset by themselves; their layer has no parameters.
    if "offsets" not in node.attrs and "axis" not in node.attrs:
        return
    given, aligned = ctx[Geometry].offsets(node), ctx[Geometry].aligned_offsets(node)
    if given is None or aligned is None:
        return
    if all(abs(offset - wanted) <= 0.5 for offset, wanted in zip(given, aligned, strict=True)):
        return
    cut, like = (edge.value.name for edge in node.inputs)
    whole = aligned[0] == aligned[1] and aligned[0].denominator == 1 and aligned[0] >= 0
    remedy = (
        f"write `offset: {int(aligned[0])}`"
        if whole
        else "change the padding above it, so that the branches meet at a whole offset that is not negative"
    )
    yield ctx.finding(
        node.place("offsets"),
        f"{node.label} cuts `{cut}` at offset {_spell(given)}, but by the strides and paddings of the layers between, "
        f"`{like}` lies at {_spell(aligned)}: the two are joined shifted against each other",
        related=[(edge.producer, f"makes `{edge.value.name}`") for edge in node.inputs if edge.producer is not None],
        remedy=remedy,
        edits=set_each(node, ("crop_param", "offset"), str(int(aligned[0]))) if whole else (),
        applicability="unsafe",
        node=node,
    )


def _spell(offsets: tuple[Fraction | int, Fraction | int]) -> str:
    """One number, or height and width."""
    high, wide = (f"{float(offset):g}" for offset in offsets)
    return high if high == wide else f"{high}, {wide}"
