"""SARIF 2.1.0, which GitHub code scanning, Azure DevOps and many editors read.

OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; what GitHub asks for beyond it stands in its
"SARIF support for code scanning": a line for every place, help for every rule.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from netlint.engine.fingerprint import fingerprints
from netlint.engine.pack_folders import PackError
from netlint.finding import SEVERITIES, Finding, Fix
from netlint.model import Span
from netlint.output.outcome import Outcome
from netlint.output.told import advice, page_url, relative
from netlint.version import __version__

if TYPE_CHECKING:
    from netlint.authoring import RuleInfo

_SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS: Final = {"error": "error", "warning": "warning", "info": "note"}

#: GitHub rejects a run with more results, and shows fewer of them ("SARIF results exceed limits").
_MOST: Final = 25_000
_MOST_SHOWN: Final = 5_000


def render(outcome: Outcome) -> str:
    """One run with the rules that found something, the files that were read, and what could not be read."""
    # Fingerprints count what is alike: they must not depend on what is left out.
    told = _told(list(zip(outcome.findings, fingerprints(outcome.findings, relative), strict=True)))
    names = list(dict.fromkeys(finding.rule for finding, _ in told))
    index = {name: number for number, name in enumerate(names)}
    run = {
        "tool": {"driver": {"name": "netlint", "version": __version__, "rules": _rules(names, outcome)}},
        "invocations": [_invocation(outcome)],
        "artifacts": [{"location": _artifact(path)} for path in outcome.files],
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, index, fingerprint) for finding, fingerprint in told],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False)


def left_out(outcome: Outcome) -> str:
    """That not all findings are in the report; empty where they are."""
    count = len(outcome.findings)
    if count <= _MOST:
        return ""
    return f"SARIF takes {_MOST:,} findings, the most severe of {count:,}: lint fewer files a run, or select rules"


def _told(found: list[tuple[Finding, str]]) -> list[tuple[Finding, str]]:
    """Those that fit, in order; the worst come first where GitHub would show only the first ones."""
    if len(found) <= _MOST_SHOWN:
        return found
    return sorted(found, key=lambda one: SEVERITIES.index(one[0].severity))[:_MOST]


def _rules(names: Sequence[str], outcome: Outcome) -> list[dict[str, Any]]:
    known = {rule.name: rule for rule in outcome.rules()} if names else {}
    return [_rule(known[name]) if name in known else {"id": name} for name in names]


def _rule(rule: RuleInfo) -> dict[str, Any]:
    from netlint.engine.packs import page_of

    summary = rule.summary or rule.name
    try:
        page = page_of(rule)
    except (OSError, PackError):
        page = summary
    url = page_url(rule.page)
    return {
        "id": rule.name,
        "shortDescription": {"text": summary},
        "fullDescription": {"text": summary},
        # It has to be absolute, which a path in the repository is not (SARIF 2.1.0, 3.49.12).
        **({"helpUri": url} if "://" in url else {}),
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {"tags": [rule.family]},
    }


def _invocation(outcome: Outcome) -> dict[str, Any]:
    notes = [
        {
            "level": "error",
            "message": {"text": reason},
            "locations": [{"physicalLocation": {"artifactLocation": _artifact(path)}}],
        }
        for path, reason in outcome.failures
    ]
    missing = left_out(outcome)
    more = [{"level": "warning", "message": {"text": missing}}] if missing else []
    return {"executionSuccessful": not notes, "toolExecutionNotifications": [*notes, *more]}


def _result(finding: Finding, index: dict[str, int], fingerprint: str) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index[finding.rule],
        "level": _LEVELS[finding.severity],
        "message": {"text": advice(finding)},
        "locations": [_location(finding.path, finding.span, finding.node)],
        "partialFingerprints": {"netlintFinding/v1": fingerprint},
    }
    if finding.model:
        result["properties"] = {"model": finding.model}
    if finding.related:
        result["relatedLocations"] = [
            {
                "id": number,
                "message": {"text": related.message},
                **_location(related.span.path if related.span else finding.path, related.span, related.node),
            }
            for number, related in enumerate(finding.related)
        ]
    if finding.fix is not None and finding.fix.edits:
        result["fixes"] = [_fix(finding.fix)]
    return result


def _location(path: str, span: Span | None, node: str) -> dict[str, Any]:
    pointer = span.pointer if span is not None else ""
    region = _region(span) if span is not None and not pointer else {"startLine": 1}
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": _artifact(path), "region": region}}
    if not node and not pointer:
        return location
    logical = {"name": node, "fullyQualifiedName": pointer or node} if node else {"fullyQualifiedName": pointer}
    return {**location, "logicalLocations": [logical]}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(path: str) -> dict[str, str]:
    """A URI: from the working folder, or absolute where the path leaves it."""
    name = relative(path)
    drive = len(name) > 1 and name[1] == ":"
    absolute = "file://" if name.startswith("/") else "file:///" if drive else ""
    return {"uri": absolute + quote(name.encode("utf-8", "surrogateescape"), safe="/:" if drive else "/")}


def _fix(fix: Fix) -> dict[str, Any]:
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        change = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.replacement}}
        changes.setdefault(edit.span.path, []).append(change)
    return {
        "description": {"text": fix.title},
        "properties": {"applicability": fix.applicability},
        "artifactChanges": [
            {"artifactLocation": _artifact(path), "replacements": found} for path, found in changes.items()
        ],
    }
