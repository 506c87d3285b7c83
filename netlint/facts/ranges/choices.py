"""Operators whose elements are taken from several values, or replaced by others: joins, cuts, masks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netlint.facts.ranges.interval import ANY, INF, NEVER, OFTEN, UNSURE, Range, cut, pick, point
from netlint.facts.ranges.transfer import Transfer
from netlint.model import Node

if TYPE_CHECKING:
    from netlint.facts.ranges.fact import Ranges


def _hull(node: Node, ranges: Ranges, slots: range | tuple[int, ...]) -> Range:
    """The interval of values that are joined, each of which has elements in the result."""
    parts = [ranges.at(node, slot) for slot in slots if slot < len(node.inputs)]
    if not parts:
        return ANY
    kinds = [part.zeros for part in parts]
    zeros = max(kinds) if max(kinds) > UNSURE else NEVER if set(kinds) == {NEVER} else UNSURE
    return Range(
        min(part.low for part in parts), max(part.high for part in parts), zeros, all(part.attained for part in parts)
    )


def _joined(node: Node, ranges: Ranges) -> Range:
    return _hull(node, ranges, range(len(node.inputs)))


def _with_zeros(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    return Range(min(a.low, 0.0), max(a.high, 0.0), OFTEN)


def _written_into(node: Node, ranges: Ranges) -> Range:
    hull = _hull(node, ranges, (0, 2))
    # Whether what is overwritten was 0 is not known.
    return hull if node.get("reduction", "none") == "none" and hull.zeros == NEVER else Range(hull.low, hull.high)


def _chosen(node: Node, ranges: Ranges) -> Range:
    hull = _hull(node, ranges, (1, 2))
    # `Where(x == 0, 1, x)` is never 0: which element is taken may depend on just that.
    return Range(hull.low, hull.high, NEVER if hull.zeros == NEVER else UNSURE)


def _padded(node: Node, ranges: Ranges) -> Range:
    inner = ranges.at(node, 0)
    if node.get("mode", "constant") != "constant":
        return inner
    filling = ranges.number(node, 2, "value")
    if filling is None:
        if len(node.inputs) > 2 and node.inputs[2].value.name:
            return ANY
        filling = 0.0
    return Range(
        min(inner.low, filling), max(inner.high, filling), inner.zeros if filling else max(inner.zeros, UNSURE)
    )


def _clipped(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    least, most = _bound(node, ranges, 1, "min", -INF), _bound(node, ranges, 2, "max", INF)
    if least is None or most is None:
        return ANY
    if least >= most:
        return point(most)
    return cut(a, least, most)


def _bound(node: Node, ranges: Ranges, slot: int, name: str, default: float) -> float | None:
    given = name in node.attrs or (slot < len(node.inputs) and bool(node.inputs[slot].value.name))
    return ranges.number(node, slot, name) if given else default


def _relu(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if a.low >= 0:
        return a
    # The upper end is only as sure as it was.
    return point(0.0) if a.high <= 0 else Range(0.0, a.high, OFTEN, a.attained)


def _largest(node: Node, ranges: Ranges) -> Range:
    return _extreme(node, ranges, upwards=True)


def _smallest(node: Node, ranges: Ranges) -> Range:
    return _extreme(node, ranges, upwards=False)


def _extreme(node: Node, ranges: Ranges, *, upwards: bool) -> Range:
    parts = [ranges.at(node, slot) for slot in range(len(node.inputs))]
    if not parts:
        return ANY
    total = parts[0]
    for other in parts[1:]:
        total = pick(total, other, upwards=upwards)
    return total


TRANSFERS: Final[dict[str, Transfer]] = {
    "Relu": _relu,
    "Clip": _clipped,
    "Max": _largest,
    "Min": _smallest,
    "Where": _chosen,
    "Concat": _joined,
    "Pad": _padded,
    "Trilu": _with_zeros,
    **dict.fromkeys(("ScatterND", "ScatterElements", "Scatter"), _written_into),
}
