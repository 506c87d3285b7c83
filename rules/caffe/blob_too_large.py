"""A blob has more elements than Caffe can count."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Shapes
from netlint.model import product, spell

#: Blob::Reshape counts in an int (BVLC/caffe src/caffe/blob.cpp).
_INT_MAX: Final = 2**31 - 1


@rule(severity="error", needs=(Shapes,), dialects=("caffe",))
def blob_too_large(_model: Model, ctx: Context) -> Iterator[Finding]:
    large: set[Node] = set()
    for node, what, shape in ctx[Shapes].larger_than(_INT_MAX):
        # What such a blob flows through is no other fault.
        if node in large or any(before in large for before in node.predecessors):
            large.add(node)
            continue
        large.add(node)
        count = product(shape) if isinstance(shape, tuple) else 0
        yield ctx.finding(
            node,
            f"{node.label} is too large: its {what} is {spell(shape)}, {count:.3g} elements, and Caffe stops with "
            f'"blob size exceeds INT_MAX" beyond {_INT_MAX:.3g}',
            remedy="use a smaller batch or input, or fewer outputs",
        )
