"""`netlint rules`: every rule with its family, severity and one line."""

from __future__ import annotations

import json
from collections.abc import Iterable

from netlint.authoring import RuleInfo


def render(rules: Iterable[RuleInfo]) -> str:
    """One line a rule, grouped by family."""
    rules = list(rules)
    width = max(len(rule.name) for rule in rules)
    lines: list[str] = []
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            lines.append(f"{'' if not lines else chr(10)}{family}")
        off = "" if rule.default else " (off by default)"
        fixable = "*" if "safe" in rule.fixes else "!" if rule.fixes else " "
        lines.append(f"{fixable} {rule.name.ljust(width)}  {rule.severity.ljust(7)}  {rule.summary}{off}")
    lines += ["", "* --fix mends some of its findings, ! --fix --unsafe-fixes does"]
    return "\n".join(lines)


def render_json(rules: Iterable[RuleInfo]) -> str:
    """The same as a list of objects."""
    return json.dumps(
        [
            {
                "name": rule.name,
                "family": rule.family,
                "severity": rule.severity,
                "default": rule.default,
                "fixes": list(rule.fixes),
                "summary": rule.summary,
                "dialects": list(rule.dialects),
                "page": rule.page,
            }
            for rule in rules
        ],
        indent=2,
    )


def render_markdown(rules: Iterable[RuleInfo]) -> str:
    """One table a family, as in the README."""
    lines: list[str] = []
    family = ""
    for rule in rules:
        if rule.family != family:
            family = rule.family
            lines += [f"**{family}**", "", "| rule | severity | what it finds |", "| --- | --- | --- |"]
        off = "" if rule.default else " (off by default)"
        lines.append(f"| [{rule.name}]({rule.page}) | {rule.severity} | {rule.summary}{off} |")
    return "\n".join(lines).replace("\n**", "\n\n**")
