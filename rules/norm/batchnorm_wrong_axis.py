"""Batch normalisation runs along another axis than the channels of the convolution before it."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.edits import write
from netlint.facts import Shapes
from netlint.model import spell
from netlint.ops import operator

_CONVOLUTIONS: Final = ("Conv", "ConvTranspose")
#: Keep the channels where they are.
_BETWEEN: Final = ("activation", "dropout", "pooling", "affine")


@rule(severity="error", fixes=("unsafe",), on=("BatchNormalization",), needs=(Shapes,))
def batchnorm_wrong_axis(node: Node, ctx: Context) -> Iterator[Finding]:
    if "axis" not in node.attrs:
        return
    axis, layer = node.get("axis", 1), _convolution(node)
    shape = ctx[Shapes].input(node)
    if layer is None or not isinstance(shape, tuple) or not isinstance(axis, int) or len(shape) < 3:
        return
    rank = len(shape)
    channels = rank - 1 if layer.channels_last else 1
    if not -rank <= axis < rank or axis % rank == channels:
        return
    axis %= rank
    units = layer.get("out_channels", 0)
    yield ctx.finding(
        node.place("axis"),
        f"{node.label} normalises along axis {axis} of {spell(shape)}, but the channels of {layer.label} stand on axis "
        f"{channels}: every {_position(rank, axis, layer.channels_last)} gets a scale of its own, and the "
        f"{units if isinstance(units, int) and units else 'filters'}"
        f"{' filters' if isinstance(units, int) and units else ''} are mixed in one statistic",
        related=[(layer, f"its channels are axis {channels}")],
        remedy=f"set `axis` to {-1 if layer.channels_last else 1}",
        edits=write(node.attrs["axis"], str(-1 if layer.channels_last else 1)),
        applicability="unsafe",
        # With a sequence somebody may mean the steps.
        severity="warning" if rank == 3 else None,
        node=node,
    )


def _position(rank: int, axis: int, channels_last: bool) -> str:
    if rank == 4:
        return "row" if axis == (1 if channels_last else 2) else "column" if axis else "sample"
    return "position" if axis else "sample"


def _convolution(node: Node) -> Node | None:
    """The convolution whose channels arrive, in the layout that it has."""
    for _ in range(8):
        before = node.inputs[0].producer if node.inputs else None
        if before is None or before.op in _CONVOLUTIONS:
            return before
        if operator(before.op).kind not in _BETWEEN and before.op not in ("Identity", "keras::ZeroPadding"):
            return None
        node = before
    return None
