"""The transfer function of every operator: its own, or one that follows from its traits."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from netlint.facts.ranges import arithmetic, choices, functions, reductions
from netlint.facts.ranges.interval import ANY, INF, NEVER, UNSURE, Range
from netlint.facts.ranges.transfer import Transfer
from netlint.model import Node
from netlint.ops import operator

if TYPE_CHECKING:
    from netlint.facts.ranges.fact import Ranges

#: Functions that are 0 at 0 and not negative behind it.
_SIGN_KEEPING: Final = frozenset(
    {"Tanh", "Erf", "Softsign", "Elu", "Selu", "Celu", "Atan", "Asinh", "Sinh", "Gelu", "Swish", "HardSwish", "Mish"}
)

#: Every element that comes out is one that went in.
_MOVING: Final = (
    *("Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Expand", "Tile", "Slice"),
    *("Split", "Gather", "GatherElements", "GatherND", "DepthToSpace", "SpaceToDepth", "Dropout", "MaxPool"),
)


def anything(_node: Node, _ranges: Ranges) -> Range:
    return ANY


def same(node: Node, ranges: Ranges) -> Range:
    return ranges.at(node, 0)


_TRANSFERS: Final[dict[str, Transfer]] = {
    **arithmetic.TRANSFERS,
    **choices.TRANSFERS,
    **functions.TRANSFERS,
    **reductions.TRANSFERS,
    **dict.fromkeys(_MOVING, same),
}


@lru_cache(maxsize=1024)
def transfer_of(op: str) -> Transfer:
    """How the operator changes intervals; `anything` where nothing follows from them."""
    return _TRANSFERS.get(op) or _by_traits(op)


def _by_traits(op: str) -> Transfer:
    described = operator(op)
    activation = described.activation
    if activation is not None:
        if activation.low == -INF and activation.high == INF and op not in _SIGN_KEEPING:
            return anything
        return _shaped(
            activation.low, activation.high, keeps_zero=activation.keeps_zero, keeps_sign=op in _SIGN_KEEPING
        )
    if described.kind in ("layout", "dropout") and described.transparent:
        return same
    return anything


def _shaped(low: float, high: float, *, keeps_zero: bool, keeps_sign: bool) -> Transfer:
    """The transfer of an activation by its bounds."""
    saturating = abs(low) < INF and abs(high) < INF

    def transfer(node: Node, ranges: Ranges) -> Range:
        a = ranges.at(node, 0)
        if keeps_sign and a.low >= 0:
            return Range(0.0, high, a.zeros)
        zeros = NEVER if (low >= 0 and not keeps_zero) else UNSURE
        return Range(low, high, zeros, attained=saturating)

    return transfer
