"""Workflow commands of GitHub Actions: annotations at the lines of a pull request.

docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of actions/toolkit `command.ts`.
"""

from __future__ import annotations

from typing import Final

from netlint.finding import Finding
from netlint.output.outcome import Outcome
from netlint.output.told import advice, end, relative

_COMMANDS: Final = {"error": "error", "warning": "warning", "info": "notice"}


def render(outcome: Outcome) -> str:
    """One line a finding: `::error file=...,line=...,endLine=...,col=...,endColumn=...,title=...::message`."""
    lines = [_command(finding) for finding in outcome.findings]
    lines += [
        f"::error file={_property(relative(path))},line=1,title=netlint::{_data(reason)}"
        for path, reason in outcome.failures
    ]
    return "\n".join(lines)


def _command(finding: Finding) -> str:
    end_line, end_column = end(finding)
    place = f"file={_property(relative(finding.path))},line={finding.line},endLine={end_line}"
    # GitHub refuses columns where the two lines differ; its last column is the last character's.
    if end_line == finding.line:
        place += f",col={finding.column},endColumn={max(end_column - 1, finding.column)}"
    return f"::{_COMMANDS[finding.severity]} {place},title={_property(finding.rule)}::{_data(advice(finding))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
