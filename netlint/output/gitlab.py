"""GitLab's Code Quality report.

docs.gitlab.com, "Code Quality", section "Code Quality report format": paths from the project's root, and a fingerprint
by which GitLab tells new findings from old ones.
"""

from __future__ import annotations

import json
from typing import Final

from netlint.engine.fingerprint import fingerprints
from netlint.output.outcome import Outcome
from netlint.output.told import end, message, relative

_SEVERITIES: Final = {"error": "critical", "warning": "major", "info": "info"}


def render(outcome: Outcome) -> str:
    """A JSON list with one object a finding; the fingerprints outlive moved lines."""
    issues = [
        {
            "description": message(finding),
            "check_name": finding.rule,
            "fingerprint": fingerprint,
            "severity": _SEVERITIES[finding.severity],
            "location": {
                "path": relative(finding.path),
                "lines": {"begin": finding.line, "end": end(finding)[0]},
            },
        }
        for finding, fingerprint in zip(outcome.findings, fingerprints(outcome.findings, relative), strict=True)
    ]
    return json.dumps(issues, indent=2, ensure_ascii=False)
