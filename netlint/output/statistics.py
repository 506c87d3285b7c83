"""How often each rule found something, for `--statistics`."""

from __future__ import annotations

import json
from collections.abc import Sequence

from netlint.finding import SEVERITIES, Finding


def counts(findings: Sequence[Finding]) -> list[tuple[str, str, int, int]]:
    """(rule, severity, findings, files), the most frequent first, then by severity and name."""
    paths: dict[tuple[str, str], list[str]] = {}
    for finding in findings:
        paths.setdefault((finding.rule, finding.severity), []).append(finding.path)
    rows = [(rule, severity, len(found), len(set(found))) for (rule, severity), found in paths.items()]
    order = {severity: index for index, severity in enumerate(SEVERITIES)}
    return sorted(rows, key=lambda row: (-row[2], order[row[1]], row[0]))  # type: ignore[index]


def render(findings: Sequence[Finding]) -> str:
    """A table: count, severity, rule, in how many files."""
    rows = counts(findings)
    count_width = max((len(str(row[2])) for row in rows), default=0)
    rule_width = max((len(row[0]) for row in rows), default=0)
    return "\n".join(
        f"{str(count).rjust(count_width)}  {severity.ljust(7)}  {rule.ljust(rule_width)}  "
        f"in {files} file{'' if files == 1 else 's'}"
        for rule, severity, count, files in rows
    )


def render_json(findings: Sequence[Finding]) -> str:
    """The same as a list of objects."""
    return json.dumps(
        [
            {"rule": rule, "severity": severity, "count": count, "files": files}
            for rule, severity, count, files in counts(findings)
        ],
        indent=2,
    )
