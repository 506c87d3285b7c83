"""Comments that silence findings: `# netlint: ignore[rule, ...] reason`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from netlint.finding import Finding
from netlint.model import Source

_COMMENT = re.compile(r"(?:#|%|//)[ \t]*netlint:[ \t]*ignore\[([^\]\n]*)\]")


def suppressions(source: Source) -> Mapping[int, frozenset[str]]:
    """Line number -> the rules that a comment on that line silences."""
    if source.binary or "netlint:" not in source.text:
        return {}
    return {
        source.position(comment.start())[0]: frozenset(name.strip() for name in comment[1].split(","))
        for comment in _COMMENT.finditer(source.text)
    }


def unsuppressed(findings: Iterable[Finding], sources: Iterable[Source]) -> list[Finding]:
    """Findings without a comment against them on their own line or on the first line of their layer.

    `sources` are the files that the findings stand in.
    """
    silenced = {source.path: lines for source in dict.fromkeys(sources) if (lines := suppressions(source))}
    if not silenced:
        return list(findings)
    return [
        finding
        for finding in findings
        if not any(
            finding.rule in silenced.get(span.path, {}).get(span.line, ())
            for span in (finding.span, finding.scope)
            if span is not None
        )
    ]
