"""One dense layer holds nearly all of the network's weights."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Paths, Shapes
from netlint.model import product, spell

_SHARE: Final = 0.9
_MANY: Final = 10_000_000
_DENSE: Final = ("Gemm", "MatMul")


@rule(severity="info", needs=(Paths, Shapes))
def dense_parameter_explosion(model: Model, ctx: Context) -> Iterator[Finding]:
    if not any(op in model.by_op for op in _DENSE):
        return
    shapes = ctx[Shapes]
    sizes: dict[Node, int] = {}
    for node in ctx[Paths].weighted:
        counts = [product(shape) for param in node.params if isinstance(shape := shapes.param(node, param), tuple)]
        if len(counts) < len(node.params) or not all(isinstance(count, int) for count in counts):
            # Without all of them nobody can tell a share.
            return
        sizes[node] = sum(count for count in counts if isinstance(count, int))
    if len(sizes) < 2:
        return
    stored = (product(value.shape) for value in model.stored if isinstance(value.shape, tuple))
    total = max(sum(sizes.values()), sum(count for count in stored if isinstance(count, int)))
    worst = max(sizes, key=lambda node: sizes[node])
    if worst.op in _DENSE and sizes[worst] > max(_MANY, _SHARE * total):
        given = shapes.input(worst)
        yield ctx.finding(
            worst,
            f"{worst.label} holds {sizes[worst]:,} of the {total:,} weights ({sizes[worst] / total:.0%}): it reads "
            f"{spell(given)}, every feature at every position with weights of its own",
            remedy="pool the map to one value a channel before the layer (global average pooling), or make it smaller",
        )
