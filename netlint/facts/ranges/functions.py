"""Functions of one value, element by element, and values that are made of nothing but a shape."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from netlint.facts.ranges.interval import (
    ANY,
    COUNT,
    INF,
    NEVER,
    OFTEN,
    TRUTH,
    UNSURE,
    Range,
    cut,
    inverse,
    minus,
    plus,
    point,
    signed,
    times,
    touching,
)
from netlint.facts.ranges.transfer import Transfer
from netlint.model import Node, Unknown

if TYPE_CHECKING:
    from netlint.facts.ranges.fact import Ranges


def _negated(node: Node, ranges: Ranges) -> Range:
    return minus(ranges.at(node, 0))


def _magnitude(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if a.low >= 0:
        return a
    return minus(a) if a.high <= 0 else Range(0.0, max(-a.low, a.high), touching(a), a.attained)


def _exponential(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if node.attrs:
        # Caffe has a base, a factor and a shift.
        return Range(0.0, INF, NEVER)
    return Range(_exp(a.low), _exp(a.high), NEVER, a.attained)


def _exp(number: float) -> float:
    return math.exp(number) if number < 700 else INF


def _logarithm(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if node.attrs:
        return ANY
    low, high = (math.log(end) if 0 < end < INF else (INF if end > 0 else -INF) for end in (a.low, a.high))
    return signed(low, high, UNSURE, attained=a.attained)


def _root(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    low, high = (math.sqrt(end) if 0 < end < INF else max(end, 0.0) for end in (a.low, a.high))
    return Range(low, high, a.zeros, a.attained)


def _reciprocal(node: Node, ranges: Ranges) -> Range:
    return inverse(ranges.at(node, 0))


def _leaky(node: Node, ranges: Ranges) -> Range:
    a, slope = ranges.at(node, 0), node.get("alpha", 0.01)
    if a.low >= 0:
        return a
    if not isinstance(slope, int | float) or slope < 0:
        return ANY
    return Range(a.low * slope if slope else 0.0, a.high if a.high > 0 else a.high * slope, a.zeros, a.attained)


def _hard_sigmoid(node: Node, ranges: Ranges) -> Range:
    slope, shift = node.get("alpha", 0.2), node.get("beta", 0.5)
    if not isinstance(slope, int | float) or not isinstance(shift, int | float):
        return Range(0.0, 1.0)
    return cut(plus(times(ranges.at(node, 0), point(float(slope))), point(float(shift))), 0.0, 1.0)


def _softmax(_node: Node, _ranges: Ranges) -> Range:
    return Range(0.0, 1.0, NEVER, attained=True)


def _rounded(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    low, high = (end if abs(end) == INF else step(end) for end, step in ((a.low, math.floor), (a.high, math.ceil)))
    return Range(low, high, OFTEN if low <= 0 <= high and a.attained else UNSURE)


def _cast(node: Node, ranges: Ranges) -> Range:
    a, to = ranges.at(node, 0), node.get("to", "")
    if to == "bool":
        return TRUTH
    before = node.inputs[0].value.dtype if node.inputs else ""
    if (isinstance(to, str) and to.startswith(("float", "bfloat"))) or before.startswith(("int", "uint", "bool")):
        return a
    # To whole numbers, towards 0.
    low, high = (end if abs(end) == INF else float(math.trunc(end)) for end in (a.low, a.high))
    return Range(low, high)


def _filled(node: Node, _ranges: Ranges) -> Range:
    value = node.get("value", 0.0)
    number = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    return point(float(number)) if isinstance(number, int | float) else ANY


def _index(node: Node, ranges: Ranges) -> Range:
    shape, axis = ranges.shapes.input(node), node.get("axis", 0)
    if isinstance(shape, Unknown) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        return COUNT
    extent = shape[axis]
    return Range(0, extent - 1, UNSURE, attained=True) if isinstance(extent, int) and extent > 0 else COUNT


def _truth(_node: Node, _ranges: Ranges) -> Range:
    return TRUTH


def _counted(_node: Node, _ranges: Ranges) -> Range:
    return COUNT


TRANSFERS: Final[dict[str, Transfer]] = {
    "Neg": _negated,
    "Abs": _magnitude,
    "Exp": _exponential,
    "Log": _logarithm,
    "Sqrt": _root,
    "Reciprocal": _reciprocal,
    "LeakyRelu": _leaky,
    "HardSigmoid": _hard_sigmoid,
    "Softmax": _softmax,
    **dict.fromkeys(("Floor", "Ceil", "Round"), _rounded),
    "Cast": _cast,
    **dict.fromkeys(("Shape", "Size", "NonZero"), _counted),
    **dict.fromkeys(("ArgMax", "ArgMin"), _index),
    "ConstantOfShape": _filled,
    **dict.fromkeys(
        (
            *("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "IsNaN"),
            "IsInf",
        ),
        _truth,
    ),
}
