"""Extents that are expressions of sympy."""

from __future__ import annotations

import pytest

from netlint.loaders.torch.symbols import extent
from netlint.model import UNKNOWN, Dim, plus, quotient, symbol, times

S = "Symbol('s0', positive=True, integer=True)"
s = symbol("s0")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (S, s),
        ("Integer(7)", 7),
        (f"Mul(Integer(4), {S})", times(4, s)),
        (f"Add({S}, Integer(-1))", plus(s, -1)),
        (f"Add(Mul(Integer(2), {S}), Symbol('s1', integer=True))", plus(times(2, s), symbol("s1"))),
        (f"Pow({S}, Integer(2))", times(s, s)),
        (f"FloorDiv({S}, Integer(2))", quotient(s, 2)),
        (f"torch_ops({S})", UNKNOWN),
        (f"Mod({S}, Integer(2))", UNKNOWN),
        ("s0", s),
        ("", UNKNOWN),
        ("Add(", UNKNOWN),
        ("Symbol('s0'", UNKNOWN),
        ("Integer(1) Integer(2)", UNKNOWN),
        ("__import__('os').system('true')", UNKNOWN),
        ("Add(" * 100 + "1" + ")" * 100, UNKNOWN),
        (f"Pow({S}, Integer(1000000))", UNKNOWN),
        ("Mul(" + ", ".join([S] * 300) + ")", UNKNOWN),
    ],
)
def test_extent(text: str, expected: Dim) -> None:
    assert extent(text) == expected
