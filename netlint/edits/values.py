"""Edits of single values where they stand, in every text: prototxt, ONNX text, Keras JSON, Python."""

from __future__ import annotations

import ast
from collections.abc import Collection
from math import isclose

from netlint.authoring import span_of
from netlint.edits.fields import Edits
from netlint.finding import Edit
from netlint.model import Attr, Place

#: How the values of JSON and the text format are written in Python.
_WORDS = {"true": True, "false": False, "null": None}


def write(attr: Attr | None, text: str) -> Edits:
    """Give an attribute another value, as it is to stand in the text. None where the source does not spell out this
    very value: it may be a default, computed, or the place that of a whole call."""
    span = attr.span if attr is not None else None
    if attr is None or span is None or span.pointer or span.source.binary:
        return ()
    written = _value(span.source.text[span.start : span.end])
    return (Edit(span, text),) if _same(written, attr.value) else ()


def write_word(place: Place | None, words: Collection[str], text: str) -> Edits:
    """Write another name in place of one of these `words`, which stands in quotes at a place: of an activation, a loss,
    a metric."""
    span = span_of(place)
    if span is None or span.pointer or span.source.binary:
        return ()
    written = span.source.text[span.start : span.end]
    word = _value(written)
    return (Edit(span, f"{written[0]}{text}{written[0]}"),) if word in words and written[:1] in "\"'" else ()


def _same(written: object, value: object) -> bool:
    if isinstance(written, bool) or isinstance(value, bool) or not isinstance(written, int | float):
        return written == value
    # ONNX keeps numbers in 32 bits.
    return isinstance(value, int | float) and isclose(written, value, rel_tol=1e-6)


def _value(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return text
