"""A stride that steps over pixels which no window ever reads."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Geometry


@rule(severity="info", on=("Conv", "MaxPool", "AveragePool"), needs=(Geometry,))
def stride_gap(node: Node, ctx: Context) -> Iterator[Finding]:
    # A sibling that reads the same value sees what this layer skips: the shortcut of a residual block.
    geometry = ctx[Geometry]
    if "strides" not in node.attrs or geometry.has_sibling(node):
        return
    counts = geometry.sizes(node.outputs[0]) if node.outputs else ()
    for axis, window in enumerate(geometry.windows(node)):
        single = axis < len(counts) and isinstance(counts[axis], int) and counts[axis] == 1
        if window.stride <= window.reach or window.dilation > 1 or single:
            continue
        yield ctx.finding(
            node.place("strides"),
            f"{node.label} moves by {window.stride} pixels, but its window spans {window.reach}: "
            f"{window.stride - window.reach} of every {window.stride} are never read, and no other layer reads them",
            related=[(before, "makes what is skipped") for before in list(node.predecessors)[:1]],
            remedy=f"use a kernel of {window.stride} or a stride of {window.reach}",
            node=node,
        )
        return
