"""Reductions and pooling: one number of many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netlint.facts.ranges.interval import ANY, INF, NEVER, OFTEN, RARELY, UNSURE, Range, product, together
from netlint.facts.ranges.transfer import Transfer
from netlint.model import Node

if TYPE_CHECKING:
    from netlint.facts.ranges.fact import Ranges


def _summed(node: Node, ranges: Ranges) -> Range:
    a, count = ranges.at(node, 0), ranges.count(node)
    if count == 1:
        return a
    # One element or more: an empty sum is a fault of its own.
    low = product(a.low, count) if count else a.low if a.low >= 0 else -INF
    high = product(a.high, count) if count else a.high if a.high <= 0 else INF
    return Range(low, high, together(a))


def _averaged(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    return a if a.constant or ranges.count(node) == 1 else Range(a.low, a.high, together(a))


def _averaged_window(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    low, high = min(a.low, 0.0), max(a.high, 0.0)
    return Range(low, high, together(a) if a.low >= 0 else UNSURE)


def _greatest(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    zeros = a.zeros if a.zeros == NEVER or a.constant else RARELY if a.zeros == OFTEN and a.low == 0 else UNSURE
    return Range(a.low, a.high, zeros, attained=a.attained and a.low > -INF)


def _least(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    return Range(a.low, a.high, a.zeros if a.low >= 0 else UNSURE)


def _normed(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    zeros = NEVER if a.zeros == NEVER else OFTEN if a.constant and not a.low else RARELY
    least = min(abs(a.low), abs(a.high)) if a.low > 0 or a.high < 0 else 0.0
    return Range(least * least if node.op == "ReduceSumSquare" else least, INF, zeros)


def _cumulated(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    exclusive = node.get("exclusive", 0) != 0
    if a.low >= 0:
        return Range(0.0 if exclusive else a.low, INF, OFTEN if exclusive else min(a.zeros, RARELY))
    return ANY


TRANSFERS: Final[dict[str, Transfer]] = {
    "ReduceSum": _summed,
    "ReduceMean": _averaged,
    "ReduceMax": _greatest,
    "ReduceMin": _least,
    **dict.fromkeys(("ReduceL1", "ReduceL2", "ReduceSumSquare"), _normed),
    "CumSum": _cumulated,
    "GlobalAveragePool": _averaged,
    "AveragePool": _averaged_window,
    "GlobalMaxPool": _greatest,
}
