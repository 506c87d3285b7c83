"""The comment that silences a rule in a whole file, as text: `# netlint: ignore-file[rule]` above the definition."""

from __future__ import annotations

import re
from typing import Final

from netlint.engine.add_suppressions import NEVER, sign
from netlint.engine.comments import comments
from netlint.model import Source

#: What Python wants in a file's first two lines: the interpreter, the encoding (PEP 263).
_FIRST: Final = re.compile(r"#!|[ \t\f]*#.*?coding[:=][ \t]*[-\w.]+")


def with_ignore_file(path: str, text: str, rule: str) -> str:
    """The text with a comment that silences `rule` in all of it: one more name in the comment that is there, or a new
    line on top. The same text where it is silenced already, or where no comment can."""
    if rule in NEVER:
        return text
    for comment in comments(Source(path, text)):
        if comment.silences_file and comment.names:
            if rule in (name for name, _ in comment.names):
                return text
            end = comment.names[-1][1].end
            return f"{text[:end]}, {rule}{text[end:]}"
    at = _top(path, text)
    ending = "\r\n" if "\r\n" in text[: text.find("\n") + 1] else "\n"
    return f"{text[:at]}{sign(path, text)} netlint: ignore-file[{rule}]{ending}{text[at:]}"


def _top(path: str, text: str) -> int:
    """The offset of the first line that may be another."""
    at = 0
    for _ in range(2 if path.endswith(".py") else 0):
        end = text.find("\n", at) + 1
        if not end or not _FIRST.match(text, at):
            break
        at = end
    return at
