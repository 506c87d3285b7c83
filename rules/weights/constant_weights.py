"""A stored weight whose elements are all one number."""

from collections.abc import Iterator
from math import isclose, prod

from netlint import Context, Finding, Model, rule
from netlint.facts import Weight, Weights
from netlint.model import spell


@rule(severity="warning", beyond=True, needs=(Weights,))
def constant_weights(model: Model, ctx: Context) -> Iterator[Finding]:
    if not any(value.statistics for value in model.stored):
        return
    for weight in ctx[Weights].distinct():
        figures = weight.value.statistics
        if figures is None or not weight.matrix or not figures.constant or not figures.low:
            continue
        if _several_units(weight) and not _averages(weight, figures.low):
            yield ctx.finding(
                weight.value,
                f"every element of the weight `{weight.value.name}` ({spell(weight.value.shape)}) of "
                f"{weight.node.label} is {figures.low:g}: all its units compute the same",
                related=[(weight.node, "the weight is used here")],
                remedy="look whether the checkpoint holds this layer, and whether it was ever trained",
                node=weight.node,
            )


def _extents(weight: Weight) -> tuple[int, ...]:
    """The two axes over which units and their inputs run come first in kernels, last in stacked matrices."""
    shape = weight.value.shape
    dims = tuple(dim for dim in shape if isinstance(dim, int)) if isinstance(shape, tuple) else ()
    kernel = weight.node.op.endswith(("Conv", "ConvTranspose", "ConvInteger"))
    return dims if kernel else dims[-2:]


def _several_units(weight: Weight) -> bool:
    """Neither a single unit nor one kernel a channel: those blur, sum up or upsample on purpose."""
    dims = _extents(weight)
    return len(dims) >= 2 and min(dims[:2]) > 1


def _averages(weight: Weight, value: float) -> bool:
    """Each unit takes the mean of its inputs."""
    dims = _extents(weight)
    return any(isclose(value * prod(dims) / units, 1, rel_tol=1e-3) for units in dims[:2])
