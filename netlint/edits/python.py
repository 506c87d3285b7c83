"""Edits of the calls that make modules in a Python program. The program is parsed, never run."""

from __future__ import annotations

import ast
from typing import Final

from netlint.edits.fields import Edits
from netlint.finding import Edit
from netlint.model import Node, Span

#: How many positional arguments come before the bias (torch/nn/modules, keras/src/layers).
_BEFORE_BIAS: Final = {
    **dict.fromkeys(("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d"), 7),
    "Linear": 2,
    "Dense": 2,
    "Conv1D": 3,
    "Conv2D": 3,
    "Conv3D": 3,
}


def without_bias(node: Node) -> Edits:
    """Give the call that makes a layer the argument by which it has no bias."""
    word = "bias" if node.dialect == "torch" else "use_bias"
    return set_keyword(node.span, node.dialect_op, word, "False", _BEFORE_BIAS.get(node.dialect_op, 0))


def set_keyword(span: Span | None, callee: str, name: str, value: str, before: int) -> Edits:
    """Give a keyword argument of the one call of `callee` that stands at a span. None where the call is not certain, or
    where its positional arguments go further than `before`, and may mean the same one."""
    if span is None or span.pointer or span.source.binary or not span.path.endswith(".py"):
        return ()
    text = span.source.text[span.start : span.end]
    call = _call(text, callee)
    if call is None or len(call.args) > before or any(isinstance(one, ast.Starred) for one in call.args):
        return ()
    if any(keyword.arg is None for keyword in call.keywords):
        return ()
    lines = text.split("\n")
    given = next((keyword for keyword in call.keywords if keyword.arg == name), None)
    if given is not None:
        start = span.start + _offset(lines, given.value.lineno, given.value.col_offset)
        end = span.start + _offset(lines, given.value.end_lineno or 0, given.value.end_col_offset or 0)
        return (Edit(Span(span.source, start, end), value),)
    arguments: list[ast.expr] = [*call.args, *(keyword.value for keyword in call.keywords)]
    if not arguments:
        end = span.start + _offset(lines, call.end_lineno or 0, call.end_col_offset or 0) - 1
        return (Edit(Span(span.source, end, end), f"{name}={value}"),)
    last = max(arguments, key=lambda one: (one.end_lineno or 0, one.end_col_offset or 0))
    at = _offset(lines, last.end_lineno or 0, last.end_col_offset or 0)
    rest = text[at : _offset(lines, call.end_lineno or 0, call.end_col_offset or 0) - 1]
    if "#" in rest or rest.strip(" \t\r\n,"):
        # Comments and brackets around the last argument: better not.
        return ()
    begin = text.rfind("\n", 0, at) + 1
    gap = " "
    if "\n" in rest and begin:
        # An argument a line.
        gap = span.source.newline + text[begin : begin + len(text[begin:]) - len(text[begin:].lstrip())]
    return (Edit(Span(span.source, span.start + at, span.start + at), f",{gap}{name}={value}"),)


def _call(text: str, callee: str) -> ast.Call | None:
    """The call of `callee` in a statement or expression: the only one of that name."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found = [one for one in ast.walk(tree) if isinstance(one, ast.Call) and _word(one.func) == callee]
    return found[0] if len(found) == 1 else None


def _word(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _offset(lines: list[str], line: int, column: int) -> int:
    """The character that `ast` means by a line and a column in UTF-8 bytes."""
    before = sum(len(text) + 1 for text in lines[: line - 1])
    return before + len(lines[line - 1].encode("utf-8")[:column].decode("utf-8", "ignore"))
