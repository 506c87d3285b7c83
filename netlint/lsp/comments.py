"""Comments that silence findings, as editors help with them: the rule under the cursor, the names that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from lsprotocol import types

from netlint.authoring import RuleInfo
from netlint.engine.comments import comments
from netlint.lsp.positions import Lines
from netlint.model import Source

#: What stands before the cursor inside of the brackets: the names so far, and the one that is being typed.
_OPEN: Final = re.compile(
    r"(?:#|%|//)[ \t]*netlint:[ \t]*ignore(?:-file)?[ \t]*\[(?P<before>[^\]]*?)(?P<name>[^\s,\]]*)$"
)


def rule_at(text: str, offset: int) -> tuple[str, int, int] | None:
    """The rule that a comment names at a place, and from where to where."""
    for comment in comments(Source("", text)):
        for name, span in comment.names or ():
            if span.start <= offset <= span.end:
                return name, span.start, span.end
    return None


def completions(lines: Lines, position: types.Position, rules: Iterable[RuleInfo]) -> list[types.CompletionItem]:
    """The rules that may stand at a place; none outside of a comment's brackets."""
    offset = lines.offset(position)
    found = _OPEN.search(lines.line_before(offset))
    if found is None:
        return []
    named = {name.strip() for name in found["before"].split(",")}
    place = lines.range(offset - len(found["name"]), offset)
    return [
        types.CompletionItem(
            label=rule.name,
            kind=types.CompletionItemKind.EnumMember,
            detail=f"{rule.family}, {rule.severity}",
            documentation=rule.summary,
            text_edit=types.TextEdit(place, rule.name),
        )
        for rule in rules
        if rule.name not in named
    ]
