"""Between which bounds the elements of each value lie, and whether they can be 0."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Final, NamedTuple, TypeAlias

from netlint.authoring import Fact, Facts
from netlint.facts.shapes import Shapes
from netlint.model import Elements, Model, Node, Unknown, Value, product
from netlint.ops import operator

_INF: Final = math.inf

#: How many operators back the maker of a zero is looked for.
_FARTHEST: Final = 64

#: What is known of zeros: the value is never 0; nothing; it is 0 where many numbers or exact ones meet (all elements of
#: a vector are 0 at once, an absolute value at its tip); or elements are 0 in ordinary operation (behind a ReLU).
NEVER: Final = -1
UNSURE: Final = 0
RARELY: Final = 1
OFTEN: Final = 2


class Range(NamedTuple):
    """The closed interval of the elements of a value, NaN left out.

    `zeros` is one of NEVER, UNSURE, RARELY, OFTEN. `attained` says that finite ends are really approached: the interval
    is no mere estimate.
    """

    low: float = -_INF
    high: float = _INF
    zeros: int = UNSURE
    attained: bool = False

    @property
    def constant(self) -> bool:
        """All elements are one number."""
        return self.low == self.high

    def __str__(self) -> str:
        if self.low == -_INF and self.high == _INF:
            return "any number"
        if self.high == _INF:
            return f"{self.low:g} and more"
        if self.low == -_INF:
            return f"{self.high:g} and less"
        return f"{self.low:g}" if self.constant else f"{self.low:g} to {self.high:g}"


ANY: Final = Range()
_TRUTH: Final = Range(0, 1, OFTEN, attained=True)
_COUNT: Final = Range(0)


class Ranges(Fact):
    """Intervals by forward inference, one function an operator; activations without one by their traits.

    What comes from outside, from weighted layers and from operators that netlint does not know can be any number. An
    operand that meets itself (x * x, x - x) is recognised, other dependencies are not: then an interval is too wide,
    and says so by `attained`.
    """

    needs = (Shapes,)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]
        self._found: dict[Value, Range] = {}
        #: Operators that make one number of something that varies, in execution order.
        self.collapsing: list[Node] = []
        found = self._found
        for node in model.nodes:
            transfer = _TRANSFERS.get(node.op) or _by_traits(node.op)
            if transfer is _anything:
                continue
            result = transfer(node, self)
            if result.low == result.high and node.outputs and self._varies(node):
                self.collapsing.append(node)
            if result is not ANY:
                # Further outputs hold indices and masks.
                for value in node.outputs if node.op == "Split" else node.outputs[:1]:
                    found[value] = result

    def __getitem__(self, value: Value) -> Range:
        found = self._found.get(value)
        if found is not None and found.constant:
            return found
        elements = self._shapes.elements(value)
        if elements:
            return _of_elements(elements)
        if found is not None:
            return found
        statistics = value.statistics
        if statistics is not None and statistics.count and not statistics.nans and not statistics.infinities:
            zeros = OFTEN if statistics.zeros else NEVER
            return Range(statistics.low, statistics.high, zeros, attained=True)
        if value.dtype == "bool":
            return _TRUTH
        return _COUNT if value.dtype.startswith("uint") else ANY

    def at(self, node: Node, slot: int) -> Range:
        """The range that arrives at input `slot`; any number when there is none."""
        return self[node.inputs[slot].value] if slot < len(node.inputs) else ANY

    def number(self, node: Node, slot: int, name: str = "") -> float | None:
        """One known number that comes as input `slot` or as attribute `name`; None when it is not known or not
        given."""
        if name and name in node.attrs:
            given = node.attrs[name].value
            return float(given) if isinstance(given, int | float) else None
        if slot >= len(node.inputs) or not node.inputs[slot].value.name:
            return None
        elements = self._shapes.elements(node.inputs[slot].value)
        if elements and isinstance(elements[0], int | float) and all(item == elements[0] for item in elements):
            return float(elements[0])
        return None

    def maker(self, value: Value) -> Node | None:
        """The operator that brings the zeros or the sign of `value` about: behind those that only hand them on."""
        node = value.producer
        known = self[value]
        for _ in range(_FARTHEST):
            if node is None or not node.inputs:
                break
            below = self.at(node, 0)
            if below.zeros != known.zeros or below.low != known.low or node.inputs[0].value.producer is None:
                break
            node = node.inputs[0].value.producer
        return node

    def _varies(self, node: Node) -> bool:
        """Some input is no constant, none is one that an earlier operator has made so, and the output is no propagated
        shape."""
        inputs = [edge.value for edge in node.inputs if edge.value.name]
        made = [value for value in inputs if not value.stored and value.producer is not None]
        return (
            bool(made)
            and node.op not in ("ConstantOfShape", "Shape", "Size")
            and self._shapes.elements(node.outputs[0]) is None
            and not any(self[value].constant for value in made)
        )

    def difference_of_means(self, value: Value) -> bool:
        """The value is a variance as the mean of squares minus the squared mean."""
        node = value.producer
        if node is None or node.op != "Sub" or len(node.inputs) < 2:
            return False
        whole, part = (edge.value.producer for edge in node.inputs[:2])
        if whole is None or whole.op not in ("ReduceMean", "GlobalAveragePool") or not whole.inputs or part is None:
            return False
        mean = self.squared(part)
        squares = whole.inputs[0].value.producer
        averaged = mean.producer if mean is not None else None
        if squares is None or averaged is None or averaged.op != whole.op or not averaged.inputs:
            return False
        return self.squared(squares) is averaged.inputs[0].value

    def squared(self, node: Node) -> Value | None:
        """What the node squares; None when it does something else."""
        if node.op == "Mul" and len(node.inputs) == 2 and node.inputs[0].value is node.inputs[1].value:
            return node.inputs[0].value
        return node.inputs[0].value if node.op == "Pow" and node.inputs and self.number(node, 1) == 2 else None

    def cut_off(self, node: Node) -> bool:
        """What this node makes is replaced or bounded from below wherever it goes: infinities do no harm."""
        uses = [edge for value in node.outputs for edge in value.uses]
        return bool(uses) and all(
            edge.node.op == "Where"
            or (edge.node.op in ("Clip", "Max") and self[edge.node.outputs[0]].low > -_INF)
            or edge.node.op == "Relu"
            for edge in uses
        )

    def count(self, node: Node) -> int | None:
        """How many elements each output of a reduction is made of; None when that is not known."""
        before, after = self._shapes.input(node), self._shapes.output(node)
        if isinstance(before, Unknown) or isinstance(after, Unknown):
            return None
        many, few = product(before), product(after)
        if isinstance(many, int) and isinstance(few, int):
            return many // few if few else None
        # An open batch may stand on both sides and cancel out.
        if before and after and before[0] == after[0]:
            many, few = product(before[1:]), product(after[1:])
            return many // few if isinstance(many, int) and isinstance(few, int) and few else None
        return None


_Transfer: TypeAlias = Callable[[Node, Ranges], Range]


def _of_elements(elements: Elements) -> Range:
    numbers = [item for item in elements if isinstance(item, int | float)]
    if len(numbers) < len(elements) or any(item != item for item in numbers):
        return ANY
    low, high = float(min(numbers)), float(max(numbers))
    return Range(low, high, OFTEN if 0 in numbers else NEVER, attained=True)


def _point(number: float) -> Range:
    return Range(number, number, NEVER if number else OFTEN, attained=True)


def _signed(low: float, high: float, zeros: int, *, attained: bool = False) -> Range:
    """An interval whose bounds may already rule 0 out."""
    return Range(low, high, NEVER if low > 0 or high < 0 else zeros, attained)


def _anything(_node: Node, _ranges: Ranges) -> Range:
    return ANY


def _same(node: Node, ranges: Ranges) -> Range:
    return ranges.at(node, 0)


def _truth(_node: Node, _ranges: Ranges) -> Range:
    return _TRUTH


def _counted(_node: Node, _ranges: Ranges) -> Range:
    return _COUNT


# Sums and products


def _plus(a: Range, b: Range) -> Range:
    low, high = a.low + b.low, a.high + b.high
    one_sign = (a.low >= 0 and b.low >= 0) or (a.high <= 0 and b.high <= 0)
    # Of one sign, the sum is 0 where both are.
    zeros = UNSURE if not one_sign else NEVER if NEVER in (a.zeros, b.zeros) else min(a.zeros, b.zeros, RARELY)
    attained = (a.constant and b.attained) or (b.constant and a.attained)
    # inf - inf says nothing.
    return ANY if low != low or high != high else _signed(low, high, zeros, attained=attained)


def _minus(a: Range) -> Range:
    return Range(-a.high, -a.low, a.zeros, a.attained)


def _product(x: float, y: float) -> float:
    # A bound of 0 times one that is never reached.
    return 0.0 if not x or not y else x * y


def _times(a: Range, b: Range) -> Range:
    corners = [_product(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    if OFTEN in (a.zeros, b.zeros):
        zeros = OFTEN
    elif RARELY in (a.zeros, b.zeros):
        zeros = RARELY
    else:
        zeros = NEVER if a.zeros == b.zeros == NEVER else UNSURE
    attained = (a.constant and b.attained) or (b.constant and a.attained)
    return Range(min(corners), max(corners), zeros, attained)


def _square(a: Range) -> Range:
    spans = a.low < 0 < a.high
    ends = (_product(a.low, a.low), _product(a.high, a.high))
    return Range(0.0 if spans else min(ends), max(ends), _touching(a), a.attained)


def _touching(a: Range) -> int:
    """The zeros of a function that is 0 exactly where its argument is, for instance of an absolute value."""
    return a.zeros if a.zeros != UNSURE else RARELY if a.low <= 0 <= a.high else NEVER


def _inverse(a: Range) -> Range:
    if a.low > 0 or a.high < 0:
        return Range(1 / a.high, 1 / a.low, NEVER, a.attained)
    if a.low == 0:
        return Range(1 / a.high if a.high else _INF, _INF, NEVER)
    return Range(-_INF, _INF, NEVER)


def _add(node: Node, ranges: Ranges) -> Range:
    if "coeff" in node.attrs:
        return ANY
    total = ranges.at(node, 0)
    first = node.inputs[0].value if node.inputs else None
    for slot in range(1, len(node.inputs)):
        own = node.inputs[slot].value is first and len(node.inputs) == 2
        total = _times(total, _point(2.0)) if own else _plus(total, ranges.at(node, slot))
        if total is ANY:
            break
    return total


def _mean_of(node: Node, ranges: Ranges) -> Range:
    return _times(_add(node, ranges), _point(1 / max(1, len(node.inputs))))


def _subtract(node: Node, ranges: Ranges) -> Range:
    if len(node.inputs) < 2:
        return ANY
    a, b = node.inputs[0].value, node.inputs[1].value
    if a is b:
        return _point(0.0)
    result = _plus(ranges[a], _minus(ranges[b]))
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
        return _square(ranges.at(node, 0))
    total = ranges.at(node, 0)
    for slot in range(1, len(node.inputs)):
        total = _times(total, ranges.at(node, slot))
    return total


def _divide(node: Node, ranges: Ranges) -> Range:
    a, b = ranges.at(node, 0), ranges.at(node, 1)
    if len(node.inputs) == 2 and node.inputs[0].value is node.inputs[1].value:
        return _point(1.0)
    if node.outputs and node.outputs[0].dtype.startswith(("int", "uint")):
        # Whole numbers are cut off: 1 / 2 is 0.
        return Range(0) if a.low >= 0 and b.low >= 0 else ANY
    result = _times(a, _inverse(b))
    return Range(result.low, result.high, a.zeros, result.attained)


def _power(node: Node, ranges: Ranges) -> Range:
    a, exponent = ranges.at(node, 0), ranges.number(node, 1)
    return (Range(0.0, _INF) if a.low >= 0 else ANY) if exponent is None else _to_the(a, exponent)


def _to_the(a: Range, exponent: float) -> Range:
    if exponent == 0:
        return _point(1.0)
    if exponent == 2:
        return _square(a)
    if exponent < 0:
        raised = _raised(a, -exponent)
        return ANY if raised is ANY else _inverse(raised)
    return _raised(a, exponent)


def _caffe_power(node: Node, ranges: Ranges) -> Range:
    """`(shift + scale * x) ** power` (BVLC/caffe src/caffe/layers/power_layer.cpp)."""
    scale, shift, power = (node.get(name, default) for name, default in (("scale", 1), ("shift", 0), ("power", 1)))
    if not isinstance(scale, int | float) or not isinstance(shift, int | float) or not isinstance(power, int | float):
        return ANY
    inner = _plus(_times(ranges.at(node, 0), _point(float(scale))), _point(float(shift)))
    return _to_the(inner, float(power))


def _raised(a: Range, exponent: float) -> Range:
    whole = exponent == int(exponent) if abs(exponent) < 1e6 else False
    even = whole and int(exponent) % 2 == 0
    if not whole and a.low < 0:
        a = Range(0.0, max(a.high, 0.0), a.zeros)
    try:
        low, high = (math.copysign(abs(end) ** exponent, end) for end in (a.low, a.high))
    except OverflowError:
        return Range(0.0, _INF, a.zeros) if even or a.low >= 0 else ANY
    if even:
        low, high = (0.0 if a.low < 0 < a.high else min(abs(low), abs(high))), max(abs(low), abs(high))
        return Range(low, high, _touching(a), a.attained)
    return Range(low, high, a.zeros, a.attained)


# Choices


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
    least, most = _bound(node, ranges, 1, "min", -_INF), _bound(node, ranges, 2, "max", _INF)
    if least is None or most is None:
        return ANY
    if least >= most:
        return _point(most)
    return _cut(a, least, most)


def _bound(node: Node, ranges: Ranges, slot: int, name: str, default: float) -> float | None:
    given = name in node.attrs or (slot < len(node.inputs) and bool(node.inputs[slot].value.name))
    return ranges.number(node, slot, name) if given else default


def _cut(a: Range, least: float, most: float) -> Range:
    """What is beyond the bounds becomes them. Whoever cuts expects that there is something to cut."""
    if a.low >= least and a.high <= most:
        return a
    if a.high <= least:
        return _point(least)
    if a.low >= most:
        return _point(most)
    at_zero = (least == 0 > a.low) or (most == 0 < a.high)
    return _signed(max(a.low, least), min(a.high, most), OFTEN if at_zero else a.zeros, attained=True)


def _relu(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if a.low >= 0:
        return a
    # The upper end is only as sure as it was.
    return _point(0.0) if a.high <= 0 else Range(0.0, a.high, OFTEN, a.attained)


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
        total = _pick(total, other, upwards=upwards)
    return total


def _pick(a: Range, b: Range, *, upwards: bool) -> Range:
    if a.constant or b.constant:
        moving, fixed = (b, a) if a.constant else (a, b)
        return _cut(moving, fixed.low, _INF) if upwards else _cut(moving, -_INF, fixed.high)
    choose = max if upwards else min
    zeros = NEVER if a.zeros == b.zeros == NEVER else UNSURE
    return _signed(choose(a.low, b.low), choose(a.high, b.high), zeros)


# Functions of one value


def _negated(node: Node, ranges: Ranges) -> Range:
    return _minus(ranges.at(node, 0))


def _magnitude(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if a.low >= 0:
        return a
    return _minus(a) if a.high <= 0 else Range(0.0, max(-a.low, a.high), _touching(a), a.attained)


def _exponential(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if node.attrs:
        # Caffe has a base, a factor and a shift.
        return Range(0.0, _INF, NEVER)
    return Range(_exp(a.low), _exp(a.high), NEVER, a.attained)


def _exp(number: float) -> float:
    return math.exp(number) if number < 700 else _INF


def _logarithm(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    if node.attrs:
        return ANY
    low, high = (math.log(end) if 0 < end < _INF else (_INF if end > 0 else -_INF) for end in (a.low, a.high))
    return _signed(low, high, UNSURE, attained=a.attained)


def _root(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    low, high = (math.sqrt(end) if 0 < end < _INF else max(end, 0.0) for end in (a.low, a.high))
    return Range(low, high, a.zeros, a.attained)


def _reciprocal(node: Node, ranges: Ranges) -> Range:
    return _inverse(ranges.at(node, 0))


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
    return _cut(_plus(_times(ranges.at(node, 0), _point(float(slope))), _point(float(shift))), 0.0, 1.0)


def _softmax(_node: Node, _ranges: Ranges) -> Range:
    return Range(0.0, 1.0, NEVER, attained=True)


def _rounded(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    low, high = (end if abs(end) == _INF else step(end) for end, step in ((a.low, math.floor), (a.high, math.ceil)))
    return Range(low, high, OFTEN if low <= 0 <= high and a.attained else UNSURE)


def _cast(node: Node, ranges: Ranges) -> Range:
    a, to = ranges.at(node, 0), node.get("to", "")
    if to == "bool":
        return _TRUTH
    before = node.inputs[0].value.dtype if node.inputs else ""
    if (isinstance(to, str) and to.startswith(("float", "bfloat"))) or before.startswith(("int", "uint", "bool")):
        return a
    # To whole numbers, towards 0.
    low, high = (end if abs(end) == _INF else float(math.trunc(end)) for end in (a.low, a.high))
    return Range(low, high)


def _filled(node: Node, _ranges: Ranges) -> Range:
    value = node.get("value", 0.0)
    number = value[0] if isinstance(value, tuple) and len(value) == 1 else value
    return _point(float(number)) if isinstance(number, int | float) else ANY


def _index(node: Node, ranges: Ranges) -> Range:
    shape, axis = ranges._shapes.input(node), node.get("axis", 0)  # noqa: SLF001 - one idea in one file
    if isinstance(shape, Unknown) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
        return _COUNT
    extent = shape[axis]
    return Range(0, extent - 1, UNSURE, attained=True) if isinstance(extent, int) and extent > 0 else _COUNT


# Reductions and pooling


def _summed(node: Node, ranges: Ranges) -> Range:
    a, count = ranges.at(node, 0), ranges.count(node)
    if count == 1:
        return a
    # One element or more: an empty sum is a fault of its own.
    low = _product(a.low, count) if count else a.low if a.low >= 0 else -_INF
    high = _product(a.high, count) if count else a.high if a.high <= 0 else _INF
    return Range(low, high, _together(a))


def _together(a: Range) -> int:
    """The zeros of a sum: of one sign, all terms must be 0 at once."""
    if a.low < 0 < a.high:
        return UNSURE
    return min(a.zeros, RARELY)


def _averaged(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    return a if a.constant or ranges.count(node) == 1 else Range(a.low, a.high, _together(a))


def _averaged_window(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    low, high = min(a.low, 0.0), max(a.high, 0.0)
    return Range(low, high, _together(a) if a.low >= 0 else UNSURE)


def _greatest(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    zeros = a.zeros if a.zeros == NEVER or a.constant else RARELY if a.zeros == OFTEN and a.low == 0 else UNSURE
    return Range(a.low, a.high, zeros, attained=a.attained and a.low > -_INF)


def _least(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    return Range(a.low, a.high, a.zeros if a.low >= 0 else UNSURE)


def _normed(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    zeros = NEVER if a.zeros == NEVER else OFTEN if a.constant and not a.low else RARELY
    least = min(abs(a.low), abs(a.high)) if a.low > 0 or a.high < 0 else 0.0
    return Range(least * least if node.op == "ReduceSumSquare" else least, _INF, zeros)


def _cumulated(node: Node, ranges: Ranges) -> Range:
    a = ranges.at(node, 0)
    exclusive = node.get("exclusive", 0) != 0
    if a.low >= 0:
        return Range(0.0 if exclusive else a.low, _INF, OFTEN if exclusive else min(a.zeros, RARELY))
    return ANY


#: Functions that are 0 at 0 and not negative behind it.
_SIGN_KEEPING: Final = frozenset(
    {"Tanh", "Erf", "Softsign", "Elu", "Selu", "Celu", "Atan", "Asinh", "Sinh", "Gelu", "Swish", "HardSwish", "Mish"}
)


def _shaped(low: float, high: float, *, keeps_zero: bool, keeps_sign: bool) -> _Transfer:
    """The transfer of an activation by its bounds."""
    saturating = abs(low) < _INF and abs(high) < _INF

    def transfer(node: Node, ranges: Ranges) -> Range:
        a = ranges.at(node, 0)
        if keeps_sign and a.low >= 0:
            return Range(0.0, high, a.zeros)
        zeros = NEVER if (low >= 0 and not keeps_zero) else UNSURE
        return Range(low, high, zeros, attained=saturating)

    return transfer


@lru_cache(maxsize=1024)
def _by_traits(op: str) -> _Transfer:
    described = operator(op)
    activation = described.activation
    if activation is not None:
        if activation.low == -_INF and activation.high == _INF and op not in _SIGN_KEEPING:
            return _anything
        return _shaped(
            activation.low, activation.high, keeps_zero=activation.keeps_zero, keeps_sign=op in _SIGN_KEEPING
        )
    if described.kind in ("layout", "dropout") and described.transparent:
        return _same
    return _anything


_TRANSFERS: Final[dict[str, _Transfer]] = {
    **dict.fromkeys(("Add", "Sum"), _add),
    "Mean": _mean_of,
    "Sub": _subtract,
    "Mul": _multiply,
    "Div": _divide,
    "Pow": _power,
    "caffe::Power": _caffe_power,
    "Neg": _negated,
    "Abs": _magnitude,
    "Exp": _exponential,
    "Log": _logarithm,
    "Sqrt": _root,
    "Reciprocal": _reciprocal,
    "Relu": _relu,
    "LeakyRelu": _leaky,
    "HardSigmoid": _hard_sigmoid,
    "Softmax": _softmax,
    "Clip": _clipped,
    "Max": _largest,
    "Min": _smallest,
    "Where": _chosen,
    "Concat": _joined,
    "Pad": _padded,
    "Trilu": _with_zeros,
    **dict.fromkeys(("ScatterND", "ScatterElements", "Scatter"), _written_into),
    **dict.fromkeys(("Floor", "Ceil", "Round"), _rounded),
    "Cast": _cast,
    **dict.fromkeys(("Shape", "Size", "NonZero"), _counted),
    **dict.fromkeys(("ArgMax", "ArgMin"), _index),
    "ConstantOfShape": _filled,
    "ReduceSum": _summed,
    "ReduceMean": _averaged,
    "ReduceMax": _greatest,
    "ReduceMin": _least,
    **dict.fromkeys(("ReduceL1", "ReduceL2", "ReduceSumSquare"), _normed),
    "CumSum": _cumulated,
    "GlobalAveragePool": _averaged,
    "AveragePool": _averaged_window,
    "MaxPool": _same,
    "GlobalMaxPool": _greatest,
    **dict.fromkeys(
        (
            *("Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Expand", "Tile", "Slice"),
            *("Split", "Gather", "GatherElements", "GatherND", "DepthToSpace", "SpaceToDepth", "Dropout"),
        ),
        _same,
    ),
    **dict.fromkeys(
        (
            *("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "IsNaN"),
            "IsInf",
        ),
        _truth,
    ),
}
