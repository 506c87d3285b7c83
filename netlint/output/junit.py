"""JUnit's XML, which every CI shows as tests: a suite is a file, a case is a finding.

The elements and attributes that Jenkins' JUnit plug-in and GitLab document. A file without findings is one case that
passed. What is below the fail level passes too, with its text as output: a run that exits with 0 shows no failure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from netlint.finding import Finding
from netlint.output.markup import HEADER, escaped, tag
from netlint.output.outcome import Outcome
from netlint.output.told import advice, message, relative


def render(outcome: Outcome) -> str:
    """`<testsuites>` with one suite for each file, by path."""
    found: dict[str, list[Finding]] = {path: [] for path in outcome.files}
    for finding in outcome.findings:
        found.setdefault(finding.path, []).append(finding)
    unread = dict(outcome.failures)
    failing = sum(map(outcome.fails, outcome.findings))
    total = sum(max(len(findings), 1) for path, findings in found.items() if path not in unread or findings)
    lines = [HEADER]
    lines.append(
        f"{tag('testsuites', name='netlint', tests=total + len(unread), failures=failing, errors=len(unread))}>"
    )
    for path in sorted({*found, *unread}):
        lines += _suite(path, found.get(path, ()), unread.get(path), outcome)
    return "\n".join([*lines, "</testsuites>"])


def _suite(path: str, findings: Sequence[Finding], reason: str | None, outcome: Outcome) -> Iterator[str]:
    errors = int(reason is not None)
    cases = len(findings) + errors or 1
    failures = sum(map(outcome.fails, findings))
    name = relative(path)
    yield f"  {tag('testsuite', name=name, tests=cases, failures=failures, errors=errors, skipped=0, time=0)}>"
    if reason is not None:
        yield f"    {tag('testcase', name='readable', classname=name, file=name, time=0)}>"
        yield f"      {tag('error', message=reason, type='unread')}/>"
        yield "    </testcase>"
    elif not findings:
        yield f"    {tag('testcase', name='no findings', classname=name, file=name, time=0)}/>"
    for finding in findings:
        yield from _case(finding, name, outcome.fails(finding))
    yield "  </testsuite>"


def _case(finding: Finding, name: str, fails: bool) -> Iterator[str]:
    # Viewers take two cases of one name for one: what has no lines is told apart by its node.
    logical = finding.pointer or (finding.node if finding.span is None else "")
    title = f"{finding.rule} ({logical or f'{finding.line}:{finding.column}'})"
    yield f"    {tag('testcase', name=title, classname=name, file=name, line=finding.line, time=0)}>"
    text = escaped(f"{name}:{finding.line}:{finding.column}: {finding.severity}: {advice(finding)}")
    if fails:
        yield f"      {tag('failure', message=message(finding), type=finding.rule)}>{text}</failure>"
    else:
        yield f"      <system-out>{text}</system-out>"
    yield "    </testcase>"
