"""The JSON report: a contract, described by `report.schema.json`."""

from __future__ import annotations

import json
from typing import Any, Final

from netlint.finding import SEVERITIES, Finding, Fix
from netlint.model import Span
from netlint.output.outcome import Outcome
from netlint.output.told import page_url

VERSION: Final = 1


def render(outcome: Outcome) -> str:
    """`{"version", "findings", "summary"}`; lines and columns are 1-based, ends exclusive."""
    findings = outcome.findings
    counts: dict[str, int] = {
        severity: sum(finding.severity == severity for finding in findings) for severity in SEVERITIES
    }
    report: dict[str, Any] = {
        "version": VERSION,
        "findings": [as_object(finding) for finding in findings],
        "summary": {"files": len(outcome.files), "findings": len(findings), **counts},
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def as_object(finding: Finding) -> dict[str, Any]:
    """One finding as the contract has it."""
    return {
        "rule": finding.rule,
        "severity": finding.severity,
        "message": finding.message,
        "path": finding.path,
        **_range(finding.span),
        "node": finding.node,
        "pointer": finding.pointer,
        "model": finding.model,
        "related": [
            {
                "message": related.message,
                "path": related.span.path if related.span else finding.path,
                **_range(related.span),
                "node": related.node,
                "pointer": related.span.pointer if related.span else "",
            }
            for related in finding.related
        ],
        "fix": _fix(finding.fix),
        "url": page_url(finding.page),
    }


def _range(span: Span | None) -> dict[str, int]:
    if span is None:
        return {"line": 1, "column": 1, "end_line": 1, "end_column": 1}
    return {"line": span.line, "column": span.column, "end_line": span.end_line, "end_column": span.end_column}


def _fix(fix: Fix | None) -> dict[str, Any] | None:
    if fix is None:
        return None
    return {
        "title": fix.title,
        "applicability": fix.applicability,
        "edits": [{"path": edit.span.path, **_range(edit.span), "text": edit.replacement} for edit in fix.edits],
    }
