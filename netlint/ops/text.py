"""Strings, and counts of words."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown
from netlint.ops.broadcast import pairwise
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def normalised(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape, but for stop words that are left out (ONNX StringNormalizer)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple) and shape and "stopwords" in node.attrs:
        shape = (*shape[:-1], UNKNOWN)
    return Outcome((shape,) * len(node.outputs))


def divided(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(d...) -> (d..., most parts), (d...)` (ONNX StringSplit)."""
    shape = inputs[0] if inputs else UNKNOWN
    words: Shape = UNKNOWN if isinstance(shape, Unknown) else (*shape, UNKNOWN)
    return Outcome((words, shape)[: len(node.outputs)])


def counted(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(C,) -> (K,)`, `(N, C) -> (N, K)` for K = the largest of `ngram_indexes` + 1 (ONNX TfIdfVectorizer)."""
    shape, indexes = inputs[0] if inputs else UNKNOWN, node.get("ngram_indexes", ())
    if isinstance(shape, Unknown) or not shape or len(shape) > 2:
        return Outcome((UNKNOWN,) * len(node.outputs))
    known = [index for index in indexes if isinstance(index, int)] if isinstance(indexes, tuple) else []
    columns: Dim = max(known) + 1 if known and isinstance(indexes, tuple) and len(known) == len(indexes) else UNKNOWN
    return Outcome(((*shape[:-1], columns),) * len(node.outputs))


OPERATORS = (
    Operator("StringConcat", pairwise(None), kind="merge", differentiable=False),
    Operator("StringNormalizer", normalised, differentiable=False),
    Operator("StringSplit", divided, differentiable=False),
    Operator("TfIdfVectorizer", counted, differentiable=False),
)
