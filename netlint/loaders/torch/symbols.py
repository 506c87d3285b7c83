"""Symbolic extents as `torch.export` writes them: expressions of sympy, `Mul(Integer(4), Symbol('s0', ...))`."""

from __future__ import annotations

import re
from typing import Final

from netlint.model import UNKNOWN, Dim, plus, product, quotient, symbol, times

_TOKEN: Final = re.compile(r"\s*(?:(?P<name>[A-Za-z_]\w*)|(?P<number>-?\d+)|'(?P<text>[^']*)'|(?P<mark>[(),=]))")
#: Expressions of real programs have a few dozen characters.
_LONGEST: Final = 4096
_DEEPEST: Final = 32


def extent(expression: str) -> Dim:
    """The extent that an expression stands for; unknown where it is no sum, product or quotient of names.

    Sources: torch/_export/serde/serialize.py (`serialize_sym_int` writes `sympy.printing.srepr`),
    torch/utils/_sympy/functions.py (FloorDiv, CleanDiv, PythonMod).
    """
    if len(expression) > _LONGEST:
        return UNKNOWN
    tokens = list(_TOKEN.finditer(expression))
    if sum(len(match[0]) for match in tokens) != len(expression.rstrip()):
        return UNKNOWN
    reader = _Reader([(match.lastgroup or "", match[match.lastgroup or 0]) for match in tokens])
    try:
        found = reader.expression(0)
    except (IndexError, ValueError):
        return UNKNOWN
    return found if reader.at == len(reader.tokens) else UNKNOWN


class _Reader:
    """A recursive descent over the tokens."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens, self.at = tokens, 0

    def take(self) -> tuple[str, str]:
        self.at += 1
        return self.tokens[self.at - 1]

    def expression(self, depth: int) -> Dim:
        kind, text = self.take()
        if kind == "number":
            return int(text)
        if kind != "name" or depth > _DEEPEST:
            raise ValueError(text)
        if self.at >= len(self.tokens) or self.tokens[self.at] != ("mark", "("):
            # Older writers give the plain text: `s0`.
            return symbol(text)
        self.take()
        if text == "Symbol":
            return self.named()
        arguments: list[Dim] = []
        while self.tokens[self.at] != ("mark", ")"):
            arguments.append(self.expression(depth + 1))
            if self.tokens[self.at] == ("mark", ","):
                self.take()
        self.take()
        return _computed(text, arguments)

    def named(self) -> Dim:
        kind, name = self.take()
        if kind != "text" or not name:
            raise ValueError(name)
        # What is assumed of it follows: `positive=True, integer=True`.
        while self.take() != ("mark", ")"):
            pass
        return symbol(name)


def _computed(function: str, arguments: list[Dim]) -> Dim:
    if function == "Integer" and len(arguments) == 1:
        return arguments[0]
    if function == "Add":
        total: Dim = 0
        for argument in arguments:
            total = plus(total, argument)
        return total
    if function == "Mul":
        return product(arguments)
    if function in ("FloorDiv", "CleanDiv") and len(arguments) == 2:
        return quotient(*arguments)
    if function == "Pow" and len(arguments) == 2 and isinstance(arguments[1], int) and 0 < arguments[1] <= 8:
        result: Dim = 1
        for _ in range(arguments[1]):
            result = times(result, arguments[0])
        return result
    return UNKNOWN
