"""The page about ONNX: its tables name rules that exist, and say the same as the fixtures."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netlint.engine.packs import load_rules

PAGE = (Path(__file__).parents[1] / "docs" / "onnx.md").read_text(encoding="utf-8")
ROWS = dict(re.findall(r"^\| ((?:ONNX|PB|SIM)\d{3}) [a-z-]+[^|]*\| ([^|]*) \|$", PAGE, re.MULTILINE))


def rules(cell: str) -> list[str]:
    return re.findall(r"`([a-z0-9-]+)`", cell)


def test_every_rule_of_onnx_doctor_has_its_row() -> None:
    assert len(ROWS) == 43 + 13 + 3


def test_every_name_is_a_rule() -> None:
    known = {rule.name for rule in load_rules(())}
    tables = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line and "--" not in line]
    assert {name for line in tables for name in rules(line.split("|", 2)[2])} - known == set()


def test_rows_say_what_the_fixtures_say() -> None:
    pytest.importorskip("onnx")
    from fixtures.onnx.hygiene import hygiene_cases

    for case in hygiene_cases():
        if case.broken and rules(ROWS[case.kind]):
            assert set(rules(ROWS[case.kind])) & set(case.rules), case.kind
