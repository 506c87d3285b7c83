"""Findings below the name of their file, in columns."""

from __future__ import annotations

from collections.abc import Iterator

from netlint.finding import Finding
from netlint.output.outcome import Outcome
from netlint.output.told import message, printable


def render(outcome: Outcome) -> str:
    """`path:`, below it one line a finding: place, severity, rule, message; an empty line between files."""
    files: dict[str, list[Finding]] = {}
    for finding in outcome.findings:
        files.setdefault(finding.path, []).append(finding)
    return "\n\n".join("\n".join([f"{printable(path)}:", *_lines(found)]) for path, found in files.items())


def _lines(findings: list[Finding]) -> Iterator[str]:
    places = [f"{finding.line}:{finding.column}" for finding in findings]
    place_width, rule_width = max(map(len, places)), max(len(finding.rule) for finding in findings)
    for place, finding in zip(places, findings, strict=True):
        rule = finding.rule.ljust(rule_width)
        yield f"  {place.rjust(place_width)}  {finding.severity.ljust(7)}  {rule}  {printable(message(finding))}"
