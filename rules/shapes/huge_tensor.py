"""A value so large that no machine holds it."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Shapes
from netlint.model import product, spell

#: Elements: 16 GiB of 32-bit floats.
_MOST = 1 << 32


@rule(severity="warning", needs=(Shapes,), dialects=("onnx",))
def huge_tensor(_model: Model, ctx: Context) -> Iterator[Finding]:
    for node, what, shape in ctx[Shapes].larger_than(_MOST):
        count = product(shape) if isinstance(shape, tuple) else 0
        if not isinstance(count, int):
            continue
        yield ctx.finding(
            node,
            f"the {what} of {node.label} is {spell(shape)}, {count:,} elements ({count * 4 >> 30:,} GiB as 32-bit "
            "floats): whoever runs the model runs out of memory here",
            remedy="check the sizes that lead here: an extent may be multiplied twice, or stand in the wrong place",
        )
        # What is made of it is as large: one fault is told once.
        return
