"""Small ONNX texts for tests of rules."""

from __future__ import annotations

from netlint import lint

HEAD = '<ir_version: 8, opset_import: ["": 17]>\n'


def told(text: str, rule: str, *, head: str = HEAD, **options: object) -> list[tuple[str, int, str]]:
    """(severity, line of the text, message) of what one rule finds; line 1 is the first one behind the header."""
    report = lint(head + text, filename="net.onnxtxt", select=(rule,), **options)  # type: ignore[arg-type]
    assert not [one for one in report.findings if one.rule in ("syntax", "internal-error")], report.findings
    return [(one.severity, one.line - head.count("\n"), one.message) for one in report.findings]


def repeated(number: str, count: int) -> str:
    """Elements that are all the same."""
    return "{" + ", ".join([number] * count) + "}"


def various(count: int) -> str:
    """Elements that all differ."""
    return "{" + ", ".join(f"{(7 * index % 23) / 10 - 1.05:g}" for index in range(count)) + "}"
