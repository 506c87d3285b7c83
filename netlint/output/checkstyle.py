"""Checkstyle's XML, which Jenkins, reviewdog and many review tools read.

checkstyle/checkstyle, `XMLLogger`: one `file` for each file, one `error` for each finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from netlint.finding import Finding
from netlint.output.markup import HEADER, tag
from netlint.output.outcome import Outcome
from netlint.output.told import message, relative


def render(outcome: Outcome) -> str:
    """`<checkstyle>` with the files that were read, those without findings too."""
    return "\n".join([HEADER, '<checkstyle version="4.3">', *_files(outcome), "</checkstyle>"])


def _files(outcome: Outcome) -> Iterator[str]:
    found: dict[str, list[Finding]] = {path: [] for path in outcome.files}
    for finding in outcome.findings:
        found.setdefault(finding.path, []).append(finding)
    unread = dict(outcome.failures)
    for path in sorted({*found, *unread}):
        lines = [_error(finding) for finding in found.get(path, ())]
        if path in unread:
            lines.insert(
                0, f"    {tag('error', line=1, severity='error', message=unread[path], source='netlint.unread')}/>"
            )
        begin = tag("file", name=relative(path))
        yield "\n".join([f"  {begin}>", *lines, "  </file>"]) if lines else f"  {begin}/>"


def _error(finding: Finding) -> str:
    begin = tag(
        "error",
        line=finding.line,
        column=finding.column,
        severity=finding.severity,
        message=message(finding),
        source=f"netlint.{finding.rule}",
    )
    return f"    {begin}/>"
