"""Intervals with what is known of zeros in them, and their arithmetic."""

from __future__ import annotations

import math
from typing import Final, NamedTuple

from netlint.model import Elements

INF: Final = math.inf

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

    low: float = -INF
    high: float = INF
    zeros: int = UNSURE
    attained: bool = False

    @property
    def constant(self) -> bool:
        """All elements are one number."""
        return self.low == self.high

    def __str__(self) -> str:
        if self.low == -INF and self.high == INF:
            return "any number"
        if self.high == INF:
            return f"{self.low:g} and more"
        if self.low == -INF:
            return f"{self.high:g} and less"
        return f"{self.low:g}" if self.constant else f"{self.low:g} to {self.high:g}"


ANY: Final = Range()
TRUTH: Final = Range(0, 1, OFTEN, attained=True)
COUNT: Final = Range(0)


def of_elements(elements: Elements) -> Range:
    numbers = [item for item in elements if isinstance(item, int | float)]
    if len(numbers) < len(elements) or any(item != item for item in numbers):
        return ANY
    low, high = float(min(numbers)), float(max(numbers))
    return Range(low, high, OFTEN if 0 in numbers else NEVER, attained=True)


def point(number: float) -> Range:
    return Range(number, number, NEVER if number else OFTEN, attained=True)


def signed(low: float, high: float, zeros: int, *, attained: bool = False) -> Range:
    """An interval whose bounds may already rule 0 out."""
    return Range(low, high, NEVER if low > 0 or high < 0 else zeros, attained)


def plus(a: Range, b: Range) -> Range:
    low, high = a.low + b.low, a.high + b.high
    one_sign = (a.low >= 0 and b.low >= 0) or (a.high <= 0 and b.high <= 0)
    # Of one sign, the sum is 0 where both are.
    zeros = UNSURE if not one_sign else NEVER if NEVER in (a.zeros, b.zeros) else min(a.zeros, b.zeros, RARELY)
    attained = (a.constant and b.attained) or (b.constant and a.attained)
    # inf - inf says nothing.
    return ANY if low != low or high != high else signed(low, high, zeros, attained=attained)


def minus(a: Range) -> Range:
    return Range(-a.high, -a.low, a.zeros, a.attained)


def product(x: float, y: float) -> float:
    # A bound of 0 times one that is never reached.
    return 0.0 if not x or not y else x * y


def times(a: Range, b: Range) -> Range:
    corners = [product(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    if OFTEN in (a.zeros, b.zeros):
        zeros = OFTEN
    elif RARELY in (a.zeros, b.zeros):
        zeros = RARELY
    else:
        zeros = NEVER if a.zeros == b.zeros == NEVER else UNSURE
    attained = (a.constant and b.attained) or (b.constant and a.attained)
    return Range(min(corners), max(corners), zeros, attained)


def square(a: Range) -> Range:
    spans = a.low < 0 < a.high
    ends = (product(a.low, a.low), product(a.high, a.high))
    return Range(0.0 if spans else min(ends), max(ends), touching(a), a.attained)


def touching(a: Range) -> int:
    """The zeros of a function that is 0 exactly where its argument is, for instance of an absolute value."""
    return a.zeros if a.zeros != UNSURE else RARELY if a.low <= 0 <= a.high else NEVER


def together(a: Range) -> int:
    """The zeros of a sum: of one sign, all terms must be 0 at once."""
    if a.low < 0 < a.high:
        return UNSURE
    return min(a.zeros, RARELY)


def inverse(a: Range) -> Range:
    if a.low > 0 or a.high < 0:
        return Range(1 / a.high, 1 / a.low, NEVER, a.attained)
    if a.low == 0:
        return Range(1 / a.high if a.high else INF, INF, NEVER)
    return Range(-INF, INF, NEVER)


def to_the(a: Range, exponent: float) -> Range:
    if exponent == 0:
        return point(1.0)
    if exponent == 2:
        return square(a)
    if exponent < 0:
        raised = _raised(a, -exponent)
        return ANY if raised is ANY else inverse(raised)
    return _raised(a, exponent)


def _raised(a: Range, exponent: float) -> Range:
    whole = exponent == int(exponent) if abs(exponent) < 1e6 else False
    even = whole and int(exponent) % 2 == 0
    if not whole and a.low < 0:
        a = Range(0.0, max(a.high, 0.0), a.zeros)
    try:
        low, high = (math.copysign(abs(end) ** exponent, end) for end in (a.low, a.high))
    except OverflowError:
        return Range(0.0, INF, a.zeros) if even or a.low >= 0 else ANY
    if even:
        low, high = (0.0 if a.low < 0 < a.high else min(abs(low), abs(high))), max(abs(low), abs(high))
        return Range(low, high, touching(a), a.attained)
    return Range(low, high, a.zeros, a.attained)


def cut(a: Range, least: float, most: float) -> Range:
    """What is beyond the bounds becomes them. Whoever cuts expects that there is something to cut."""
    if a.low >= least and a.high <= most:
        return a
    if a.high <= least:
        return point(least)
    if a.low >= most:
        return point(most)
    at_zero = (least == 0 > a.low) or (most == 0 < a.high)
    return signed(max(a.low, least), min(a.high, most), OFTEN if at_zero else a.zeros, attained=True)


def pick(a: Range, b: Range, *, upwards: bool) -> Range:
    if a.constant or b.constant:
        moving, fixed = (b, a) if a.constant else (a, b)
        return cut(moving, fixed.low, INF) if upwards else cut(moving, -INF, fixed.high)
    choose = max if upwards else min
    zeros = NEVER if a.zeros == b.zeros == NEVER else UNSURE
    return signed(choose(a.low, b.low), choose(a.high, b.high), zeros)
