"""What formats share: how a finding is said and where it stands, for readers that know lines and messages only."""

from __future__ import annotations

import os
from typing import Final

from netlint.engine.pack_folders import built_in_folder
from netlint.finding import Finding
from netlint.version import PAGES

#: What moves a terminal's cursor, hides text or turns it around: a name in a model may hold it.
_UNSEEN: Final = (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029, *range(0x202A, 0x202F), *range(0x2066, 0x206A))


def message(finding: Finding) -> str:
    """The message, with the logical place where the source has no lines: a pointer, or a node it does not name."""
    at = finding.pointer
    if not at and finding.span is None and finding.node and finding.node not in finding.message:
        at = finding.node
    return f"{finding.message} ({at})" if at else finding.message


def advice(finding: Finding) -> str:
    """The message and, on a line of its own, what to change."""
    return f"{message(finding)}\nfix: {finding.fix.title}" if finding.fix is not None else message(finding)


def end(finding: Finding) -> tuple[int, int]:
    """(line, column) where the finding ends, both 1-based, the column exclusive."""
    span = finding.span
    return (span.end_line, span.end_column) if span is not None and not span.pointer else (finding.line, finding.column)


def relative(path: str) -> str:
    """A path as repositories name their files: with slashes, from the working folder where it lies in there."""
    path = os.path.normpath(path)
    if os.path.isabs(path):
        folder = os.path.join(os.getcwd(), "")
        path = path[len(folder) :] if path.startswith(folder) else path
    return path.replace(os.sep, "/")


def page_url(page: str) -> str:
    """The address of a rule's page; the page itself, relative to its project, where it is published nowhere."""
    if PAGES and page and os.path.isfile(os.path.join(built_in_folder().parent, page)):
        return PAGES + page
    return page


def printable(text: str) -> str:
    r"""A text for one line of a terminal: control characters, line ends among them, as `\x1b`, `\n`, ..."""
    if text.isprintable():
        return text
    escapes = {code: chr(code).encode("unicode_escape").decode("ascii") for code in _UNSEEN}
    return text.translate(escapes)
