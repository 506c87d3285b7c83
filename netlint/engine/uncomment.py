"""Edits of netlint's own comments: a rule that silences nothing goes, and with the last one the comment."""

from __future__ import annotations

import re
from itertools import pairwise

from netlint.engine.comments import Comment
from netlint.finding import Edit
from netlint.model import Span


def without(comment: Comment, span: Span) -> tuple[Edit, ...]:
    """Remove the rule at a span from a comment that names it."""
    spans = [entry for _, entry in comment.names or ()]
    if len(spans) < 2:
        return (_whole(comment),)
    for before, after in pairwise(spans):
        if after.start == span.start:
            return (Edit(Span(span.source, before.end, after.end), ""),)
    return (Edit(Span(span.source, spans[0].start, spans[1].start), ""),)


def _whole(comment: Comment) -> Edit:
    """The comment with its reason, up to another comment behind it; with its line, where it stands there alone."""
    source, begin = comment.span.source, comment.begin
    text = source.text
    rest = text.find("\n", begin)
    rest = len(text) if rest < 0 else rest
    sign = "//" if text.startswith("//", begin) else text[begin]
    other = re.compile(rf"[ \t]({re.escape(sign)})(?=[ \t])").search(text, comment.span.end, rest)
    if other is not None:
        return Edit(Span(source, begin, other.start(1)), "")
    line = text.rfind("\n", 0, begin) + 1
    if not text[line:begin].strip(" \t"):
        return Edit(Span(source, line, min(rest + 1, len(text))), "")
    while text[begin - 1] in " \t":
        begin -= 1
    end = rest - 1 if text[rest - 1 : rest] == "\r" else rest
    return Edit(Span(source, begin, end), "")
