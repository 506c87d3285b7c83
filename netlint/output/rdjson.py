"""The Reviewdog Diagnostic Format, which reviewdog posts to code reviews of many hosts.

reviewdog/reviewdog `proto/rdf/reviewdog.proto`: lines and columns are 1-based, columns count UTF-8 bytes, ends are
exclusive.
"""

from __future__ import annotations

import json
from typing import Any

from netlint.engine.edit import is_textual, joined
from netlint.finding import Finding
from netlint.model import Span
from netlint.output.outcome import Outcome
from netlint.output.told import message, relative


def render(outcome: Outcome) -> str:
    """A `DiagnosticResult` as JSON."""
    result = {"source": {"name": "netlint"}, "diagnostics": [_diagnostic(finding) for finding in outcome.findings]}
    return json.dumps(result, indent=2, ensure_ascii=False)


def _diagnostic(finding: Finding) -> dict[str, Any]:
    diagnostic: dict[str, Any] = {
        "message": message(finding),
        "location": {"path": relative(finding.path), "range": _range(finding.span)},
        "severity": finding.severity.upper(),
        "code": {"value": finding.rule},
    }
    fix = finding.fix
    if fix is not None and fix.edits and all(edit.span.path == finding.path and is_textual(edit) for edit in fix.edits):
        # As one: reviewers take suggestions one by one, and half a fix breaks the model.
        edit = fix.joined or joined(fix.edits)
        diagnostic["suggestions"] = [{"range": _range(edit.span), "text": edit.replacement}]
    return diagnostic


def _range(span: Span | None) -> dict[str, Any]:
    if span is None or span.pointer:
        return {"start": {"line": 1, "column": 1}}
    column, end_column = span.byte_columns
    return {"start": {"line": span.line, "column": column}, "end": {"line": span.end_line, "column": end_column}}
