"""Arithmetic on the elements of small tensors, as ONNX computes it: numbers, and symbols for open extents.

Whatever is not certain is unknown: numbers that a 32-bit float may round to the other side of an integer, overflow,
and strings.
"""

from __future__ import annotations

import math
from typing import Final, TypeAlias

from netlint.model import UNKNOWN, Symbol, Unknown, minus, plus, quotient, times

Element: TypeAlias = int | float | str | Unknown

_LARGEST: Final = 2**63 - 1
#: Floats beyond this have no digits after the point in 32 bits, and integers are rounded.
_EXACT: Final = 2**24


def certain(item: Element) -> Element:
    """An integer outside of 64 bits wraps around: unknown."""
    return UNKNOWN if isinstance(item, int) and not -_LARGEST <= item <= _LARGEST else item


def _floats(a: Element, b: Element) -> tuple[float, float] | None:
    if isinstance(a, int | float) and isinstance(b, int | float) and (isinstance(a, float) or isinstance(b, float)):
        try:
            return float(a), float(b)
        except OverflowError:
            return None
    return None


def added(a: Element, b: Element) -> Element:
    """`a + b`."""
    if isinstance(a, int | Symbol) and isinstance(b, int | Symbol):
        return certain(plus(a, b))
    pair = _floats(a, b)
    return pair[0] + pair[1] if pair else UNKNOWN


def subtracted(a: Element, b: Element) -> Element:
    """`a - b`."""
    if isinstance(a, int | Symbol) and isinstance(b, int | Symbol):
        return certain(minus(a, b))
    pair = _floats(a, b)
    return pair[0] - pair[1] if pair else UNKNOWN


def multiplied(a: Element, b: Element) -> Element:
    """`a * b`."""
    if isinstance(a, int | Symbol) and isinstance(b, int | Symbol):
        return certain(times(a, b))
    pair = _floats(a, b)
    return pair[0] * pair[1] if pair else UNKNOWN


def divided(a: Element, b: Element) -> Element:
    """`a / b`; of integers truncated towards zero, as C++ has it."""
    if isinstance(a, int) and isinstance(b, int):
        if not b:
            return UNKNOWN
        count = abs(a) // abs(b)
        return count if (a < 0) == (b < 0) else -count
    if isinstance(a, int | Symbol) and isinstance(b, int | Symbol):
        # Rounding down is truncating for what is not negative.
        return quotient(a, b) if not_negative(a) and not_negative(b) else UNKNOWN
    pair = _floats(a, b)
    if not pair or not pair[1]:
        return UNKNOWN
    try:
        return pair[0] / pair[1]
    except OverflowError:
        return UNKNOWN


def remainder(a: Element, b: Element) -> Element:
    """`a mod b` with the sign of `b`, integers only."""
    return a % b if isinstance(a, int) and isinstance(b, int) and b else UNKNOWN


def powered(a: Element, b: Element) -> Element:
    """`a ** b` for small whole exponents."""
    if not isinstance(b, int | float) or not isinstance(a, int | float) or not 0 <= b <= 64 or b != int(b):
        return UNKNOWN
    try:
        return certain(a ** int(b))
    except OverflowError:
        return UNKNOWN


def smaller(a: Element, b: Element) -> Element:
    """The minimum."""
    return _chosen(a, b, -1)


def larger(a: Element, b: Element) -> Element:
    """The maximum."""
    return _chosen(a, b, 1)


def _chosen(a: Element, b: Element, sign: int) -> Element:
    if isinstance(a, int | float) and isinstance(b, int | float):
        return a if (a - b) * sign >= 0 else b
    if isinstance(a, Symbol) and a == b:
        return a
    if isinstance(b, Symbol):
        a, b = b, a
    if isinstance(a, Symbol) and isinstance(b, int) and b <= 0 and not_negative(a):
        return a if sign > 0 else b
    return UNKNOWN


def not_negative(item: Element) -> bool:
    """Extents are never negative, and neither are their sums and products."""
    if isinstance(item, int | float):
        return item >= 0
    return isinstance(item, Symbol) and all(
        factor > 0 and not any("-" in name for name in names) for names, factor in item.terms
    )


def equal(a: Element, b: Element) -> Element:
    """1 or 0."""
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        if isinstance(a, Symbol) and a == b:
            return 1
        below = (isinstance(a, int) and a < 0 and not_negative(b)) or (isinstance(b, int) and b < 0 and not_negative(a))
        return 0 if below else UNKNOWN
    return int(a == b)


def less(a: Element, b: Element) -> Element:
    """1 or 0."""
    if isinstance(a, int | float) and isinstance(b, int | float):
        return int(a < b)
    if isinstance(a, Symbol) and a == b:
        return 0
    if isinstance(a, int) and a < 0 and isinstance(b, Symbol) and not_negative(b):
        return 1
    if isinstance(b, int) and b <= 0 and isinstance(a, Symbol) and not_negative(a):
        return 0
    return UNKNOWN


def negated(a: Element) -> Element:
    """`-a`."""
    if isinstance(a, int | Symbol):
        return certain(times(a, -1))
    return -a if isinstance(a, float) else UNKNOWN


def magnitude(a: Element) -> Element:
    """`|a|`."""
    return abs(a) if isinstance(a, int | float) else a if not_negative(a) else UNKNOWN


def opposite(a: Element) -> Element:
    """`not a`."""
    return int(not a) if isinstance(a, int | float) else UNKNOWN


def root(a: Element) -> Element:
    """The square root of a float; integers have none in ONNX."""
    return math.sqrt(a) if isinstance(a, float) and 0 <= a < math.inf else UNKNOWN


def settled(a: float) -> bool:
    """A float on which 32 and 64 bits agree whether it lies below, at or above the next integer."""
    if not -_EXACT < a < _EXACT:
        return False
    away = abs(a - round(a))
    return away == 0 or away > 1e-5 * max(1.0, abs(a))


def rounded_down(a: Element) -> Element:
    """`floor`, as a float."""
    return float(math.floor(a)) if isinstance(a, float) and settled(a) else a if isinstance(a, int) else UNKNOWN


def rounded_up(a: Element) -> Element:
    """`ceil`, as a float."""
    return float(math.ceil(a)) if isinstance(a, float) and settled(a) else a if isinstance(a, int) else UNKNOWN


def to_integer(a: Element) -> Element:
    """Cast to a signed integer of 32 or 64 bits."""
    if isinstance(a, float):
        return int(a) if settled(a) else UNKNOWN
    if isinstance(a, int):
        return int(a) if -(2**31) <= a < 2**31 else UNKNOWN
    return a if isinstance(a, Symbol) else UNKNOWN


def to_long(a: Element) -> Element:
    """Cast to 64 bits: every integer stays."""
    return certain(a) if isinstance(a, int) else to_integer(a)


def to_float(a: Element) -> Element:
    """Cast to a float of 32 or 64 bits. A symbol becomes unknown: its division would no longer round."""
    if isinstance(a, int):
        return float(a) if -_EXACT <= a <= _EXACT else UNKNOWN
    return a if isinstance(a, float) else UNKNOWN


def to_truth(a: Element) -> Element:
    """Cast to a truth value."""
    return int(a != 0) if isinstance(a, int | float) else UNKNOWN
