"""Comparisons and logic: truth values, through which no gradient passes."""

from __future__ import annotations

from collections.abc import Callable

from netlint.model import UNKNOWN
from netlint.ops import values
from netlint.ops.activation import same
from netlint.ops.broadcast import pairwise
from netlint.ops.elementwise import mapped
from netlint.ops.operator import Operator
from netlint.ops.values import Element, less, opposite


def _greater(a: Element, b: Element) -> Element:
    return less(b, a)


def _at_most(a: Element, b: Element) -> Element:
    return opposite(less(b, a))


def _at_least(a: Element, b: Element) -> Element:
    return opposite(less(a, b))


def _both(a: Element, b: Element) -> Element:
    if a == 0 or b == 0:
        return 0
    return _logic(a, b, lambda x, y: x and y)


def _either(a: Element, b: Element) -> Element:
    if a == 1 or b == 1:
        return 1
    return _logic(a, b, lambda x, y: x or y)


def _logic(a: Element, b: Element, join: Callable[[bool, bool], bool]) -> Element:
    return int(join(bool(a), bool(b))) if isinstance(a, int) and isinstance(b, int) else UNKNOWN


def _one_of(a: Element, b: Element) -> Element:
    return _logic(a, b, lambda x, y: x != y)


OPERATORS = (
    *(
        Operator(name, pairwise(compute), kind="other", differentiable=False)
        for name, compute in (
            ("Equal", values.equal),
            ("Greater", _greater),
            ("GreaterOrEqual", _at_least),
            ("Less", less),
            ("LessOrEqual", _at_most),
            ("And", _both),
            ("Or", _either),
            ("Xor", _one_of),
        )
    ),
    Operator("Not", mapped(opposite), kind="other", differentiable=False),
    *(Operator(name, same, kind="other", differentiable=False) for name in ("IsInf", "IsNaN", "RegexFullMatch")),
)
