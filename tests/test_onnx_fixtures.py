"""Broken ONNX models: each is found, by the right rule, at the right place; right ones that look alike are silent."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="the onnx package is not installed")

from fixtures.onnx.broken import all_cases
from fixtures.onnx.case import Case
from netlint import lint
from netlint.finding import Finding

BROKEN = [case for case in all_cases() if case.broken]
RIGHT = [case for case in all_cases() if not case.broken]

#: The kinds that the project promises to find, family by family; `hygiene` are onnx-doctor's rules beyond those.
KINDS = {"shape": 24, "graph": 16, "spec": 20, "weights": 17, "hostile": 16, "design": 26}


def found(case: Case, folder: Path) -> list[Finding]:
    return lint(case.make(folder), read_weights=case.weights).findings


def stands_at(finding: Finding, names: str) -> bool:
    """Whether a finding names one of these nodes or values: at its place, in its message, or at the other end."""
    if not names:
        return True
    told = " ".join([finding.node, finding.message, *(f"{other.node} {other.message}" for other in finding.related)])
    return not set(names.split()).isdisjoint(re.findall(r"\w+", told))


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_found(case: Case, tmp_path: Path) -> None:
    findings = found(case, tmp_path)
    assert any(finding.rule in case.rules and stands_at(finding, case.at) for finding in findings), findings


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: case.name)
def test_silent(case: Case, tmp_path: Path) -> None:
    findings = found(case, tmp_path)
    untrue = [finding for finding in findings if finding.rule in case.silent or finding.severity != "info"]
    assert untrue == []


def test_every_kind_is_there() -> None:
    assert {family: len({case.kind for case in BROKEN if case.family == family}) for family in KINDS} == KINDS
    assert len(BROKEN) > 500
    assert {case.kind for case in BROKEN} - {case.kind for case in RIGHT} <= {
        # Nothing that looks like these is right.
        "external-hardlink", "external-offset-huge", "external-offset-negative", "nested-deep", "random-bytes",
        "lfs-pointer", "empty-file",
    }  # fmt: skip


def test_right_models_are_right(tmp_path: Path) -> None:
    """onnx's own full check agrees, so that silence about them is no accident of the fixtures."""
    from onnx import checker

    for index, case in enumerate(RIGHT):
        if not case.unchecked:
            folder = tmp_path / str(index)
            folder.mkdir()
            checker.check_model(str(case.make(folder)), full_check=True)
