"""`unused-parameter`: what may be a lost weight is a warning, what exporters leave behind an info."""

from __future__ import annotations

import pytest

from netlint import lint


@pytest.mark.parametrize(
    ("stored", "severity", "described"),
    [
        ("float[4] spare = {1, 2, 3, 4}", "warning", "4 float32, 16 bytes"),
        ("float[1,1] spare = {1}", "info", "1x1 float32, 4 bytes"),
        ("int64[2] spare = {1, 2}", "info", "2 int64, 16 bytes"),
    ],
)
def test_what_nothing_reads(stored: str, severity: str, described: str) -> None:
    text = f"g (float[2] x) => (float[2] y)\n<{stored}>\n{{ y = Relu(x) }}\n"
    (found,) = lint(text, filename="a.onnxtxt", select=("unused-parameter",)).findings
    assert (found.severity, found.line, found.column, found.message) == (
        severity, 2, 2,
        f"nothing reads the stored tensor `spare` ({described}): it is dead weight in the file, or the node that used "
        "it was lost",
    )  # fmt: skip
