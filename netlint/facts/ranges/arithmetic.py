"""How sums, products and powers of several values change intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from netlint.facts.ranges.interval import ANY, INF, OFTEN, Range, inverse, minus, plus, point, square, times, to_the
from netlint.facts.ranges.transfer import Transfer
from netlint.model import Node, Value

if TYPE_CHECKING:
    from netlint.facts.ranges.fact import Ranges


def _add(node: Node, ranges: Ranges) -> Range:
    if "coeff" in node.attrs:
        return ANY
    total = ranges.at(node, 0)
    first = node.inputs[0].value if node.inputs else None
    for slot in range(1, len(node.inputs)):
        own = node.inputs[slot].value is first and len(node.inputs) == 2
        total = times(total, point(2.0)) if own else plus(total, ranges.at(node, slot))
        if total is ANY:
            break
    return total


def _mean_of(node: Node, ranges: Ranges) -> Range:
    return times(_add(node, ranges), point(1 / max(1, len(node.inputs))))


def _subtract(node: Node, ranges: Ranges) -> Range:
    if len(node.inputs) < 2:
        return ANY
    a, b = node.inputs[0].value, node.inputs[1].value
    if a is b:
        return point(0.0)
    result = plus(ranges[a], minus(ranges[b]))
    if _is_maximum_of(b, a):
        # What a stable softmax does.
        return Range(result.low, min(result.high, 0.0), OFTEN, attained=True)
    return result


def _is_maximum_of(value: Value, of: Value) -> bool:
    maker = value.producer
    while maker is not None and maker.op in ("Unsqueeze", "Reshape", "Identity", "Cast") and maker.inputs:
        maker = maker.inputs[0].value.producer
    return maker is not None and maker.op == "ReduceMax" and bool(maker.inputs) and maker.inputs[0].value is of


def _multiply(node: Node, ranges: Ranges) -> Range:
    if len(node.inputs) == 2 and node.inputs[0].value is node.inputs[1].value:
        return square(ranges.at(node, 0))
    total = ranges.at(node, 0)
    for slot in range(1, len(node.inputs)):
        total = times(total, ranges.at(node, slot))
    return total


def _divide(node: Node, ranges: Ranges) -> Range:
    a, b = ranges.at(node, 0), ranges.at(node, 1)
    if len(node.inputs) == 2 and node.inputs[0].value is node.inputs[1].value:
        return point(1.0)
    if node.outputs and node.outputs[0].dtype.startswith(("int", "uint")):
        # Whole numbers are cut off: 1 / 2 is 0.
        return Range(0) if a.low >= 0 and b.low >= 0 else ANY
    result = times(a, inverse(b))
    return Range(result.low, result.high, a.zeros, result.attained)


def _power(node: Node, ranges: Ranges) -> Range:
    a, exponent = ranges.at(node, 0), ranges.number(node, 1)
    return (Range(0.0, INF) if a.low >= 0 else ANY) if exponent is None else to_the(a, exponent)


def _caffe_power(node: Node, ranges: Ranges) -> Range:
    """`(shift + scale * x) ** power` (BVLC/caffe src/caffe/layers/power_layer.cpp)."""
    scale, shift, power = (node.get(name, default) for name, default in (("scale", 1), ("shift", 0), ("power", 1)))
    if not isinstance(scale, int | float) or not isinstance(shift, int | float) or not isinstance(power, int | float):
        return ANY
    inner = plus(times(ranges.at(node, 0), point(float(scale))), point(float(shift)))
    return to_the(inner, float(power))


TRANSFERS: Final[dict[str, Transfer]] = {
    **dict.fromkeys(("Add", "Sum"), _add),
    "Mean": _mean_of,
    "Sub": _subtract,
    "Mul": _multiply,
    "Div": _divide,
    "Pow": _power,
    "caffe::Power": _caffe_power,
}
