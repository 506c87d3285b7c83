"""SARIF against the official schema, and what GitHub asks for beyond it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from netlint.engine.packs import load_rules
from netlint.finding import Edit, Finding, Fix, Severity
from netlint.model import Source, Span
from netlint.output.formats import left_out
from netlint.output.json import as_object
from netlint.output.outcome import Outcome
from netlint.output.sarif import render
from tests.output.run import LAMBDA_AT, REMEDY, SOFTMAX, folder_of_models, run, sarif_schema
from tests.test_cli import netlint


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def log(folder: Path) -> Any:
    return json.loads(run(folder, "--output-format", "sarif"))


def valid(text: str) -> Any:
    log = json.loads(text)
    jsonschema.Draft7Validator(sarif_schema()).validate(log)
    return log


def test_the_schema_refuses_what_is_wrong(log: Any) -> None:
    wrong = json.loads(json.dumps(log))
    wrong["runs"][0]["results"][0]["level"] = "fatal"
    with pytest.raises(jsonschema.ValidationError, match="'fatal' is not one of"):
        valid(json.dumps(wrong))


def test_a_log_is_valid(log: Any) -> None:
    valid(json.dumps(log))


def test_a_result_has_its_place_the_other_end_and_an_identity(log: Any) -> None:
    (found,) = log["runs"]
    result = found["results"][0]
    uri = "nets/broken%20net.prototxt"
    assert len(result.pop("partialFingerprints")["netlintFinding/v1"]) == 32
    assert result == {
        "ruleId": "double-softmax",
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": f"{SOFTMAX}\nfix: {REMEDY}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    "region": {"startLine": 2, "startColumn": 54, "endLine": 2, "endColumn": 57},
                },
                "logicalLocations": [{"name": "loss", "fullyQualifiedName": "loss"}],
            }
        ],
        "properties": {"model": "unnamed (TRAIN, TEST)"},
        "relatedLocations": [
            {
                "id": 0,
                "message": {"text": "softmax is applied here first"},
                "physicalLocation": {
                    "artifactLocation": {"uri": uri},
                    "region": {"startLine": 1, "startColumn": 15, "endLine": 1, "endColumn": 18},
                },
                "logicalLocations": [{"name": "p", "fullyQualifiedName": "p"}],
            }
        ],
        "fixes": [
            {
                "description": {"text": REMEDY},
                "properties": {"applicability": "unsafe"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": uri},
                        "replacements": [
                            {
                                "deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 2, "endColumn": 1},
                                "insertedContent": {"text": ""},
                            },
                            {
                                "deletedRegion": {"startLine": 2, "startColumn": 54, "endLine": 2, "endColumn": 57},
                                "insertedContent": {"text": '"x"'},
                            },
                        ],
                    }
                ],
            }
        ],
    }
    assert found["columnKind"] == "unicodeCodePoints"
    assert found["artifacts"] == [
        {"location": {"uri": name}} for name in (uri, "nets/clean.prototxt", "nets/evil.keras")
    ]
    assert found["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_a_binary_file_has_logical_places(log: Any) -> None:
    (location,) = log["runs"][0]["results"][1]["locations"]
    assert location == {
        "physicalLocation": {"artifactLocation": {"uri": "nets/evil.keras"}, "region": {"startLine": 1}},
        "logicalLocations": [{"fullyQualifiedName": LAMBDA_AT}],
    }


def test_every_rule_that_fired_is_described_with_its_page(log: Any) -> None:
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["double-softmax", "code-in-model"]
    page = (Path(__file__).parents[2] / "rules" / "loss" / "double_softmax.md").read_text(encoding="utf-8")
    assert rules[0] == {
        "id": "double-softmax",
        "shortDescription": {"text": "Softmax output feeds a loss that applies softmax again."},
        "fullDescription": {"text": "Softmax output feeds a loss that applies softmax again."},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": "error"},
        "properties": {"tags": ["loss"]},
    }


def test_what_could_not_be_read_is_a_notification(folder: Path) -> None:
    found = netlint("gone # 1.prototxt", "--output-format", "sarif", cwd=folder)
    assert found.returncode == 2
    (run,) = valid(found.stdout)["runs"]
    assert run["invocations"] == [
        {
            "executionSuccessful": False,
            "toolExecutionNotifications": [
                {
                    "level": "error",
                    "message": {"text": "No such file or directory"},
                    "locations": [{"physicalLocation": {"artifactLocation": {"uri": "gone%20%23%201.prototxt"}}}],
                }
            ],
        }
    ]


def test_a_fix_is_a_change_of_the_file() -> None:
    source = Source("/models/net.prototxt", "one\ntwo")
    edit = Edit(Span(source, 4, 7), "three")
    finding = Finding("a-rule", "info", "wrong", source.path, edit.span, fix=Fix("write three", (edit,), "safe"))
    (run,) = valid(render(Outcome([finding], [source.path])))["runs"]
    (result,) = run["results"]
    assert result["level"] == "note"
    assert result["fixes"] == [
        {
            "description": {"text": "write three"},
            "properties": {"applicability": "safe"},
            "artifactChanges": [
                {
                    "artifactLocation": {"uri": "file:///models/net.prototxt"},
                    "replacements": [
                        {
                            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 4},
                            "insertedContent": {"text": "three"},
                        }
                    ],
                }
            ],
        }
    ]


INFO: Severity = "info"


def many(*severities: Severity) -> list[Finding]:
    return [
        Finding("a-rule", severity, f"wrong {number}", "net.prototxt") for number, severity in enumerate(severities)
    ]


def results(findings: list[Finding]) -> tuple[list[str], list[Any]]:
    """The messages of the results, and the notifications."""
    (run,) = json.loads(render(Outcome(findings)))["runs"]
    assert run["invocations"][0]["executionSuccessful"]
    assert len({result["partialFingerprints"]["netlintFinding/v1"] for result in run["results"]}) == len(run["results"])
    return [result["message"]["text"] for result in run["results"]], run["invocations"][0]["toolExecutionNotifications"]


def test_the_worst_come_first_where_github_would_not_show_them_all() -> None:
    few = many(*[INFO] * 4999, "error")
    assert results(few) == ([finding.message for finding in few], [])
    more = many("warning", *[INFO] * 4998, "error", "warning")
    told, notes = results(more)
    assert told[:4] == ["wrong 4999", "wrong 0", "wrong 5000", "wrong 1"]
    assert (len(told), notes) == (5001, [])


def test_github_takes_no_more_than_25_000_results() -> None:
    findings = many(*[INFO] * 25_000, "error")
    told, notes = results(findings)
    assert (len(told), told[0], told[1], told[-1]) == (25_000, "wrong 25000", "wrong 0", "wrong 24998")
    text = "SARIF takes 25,000 findings, the most severe of 25,001: lint fewer files a run, or select rules"
    assert notes == [{"level": "warning", "message": {"text": text}}]
    assert left_out("sarif", Outcome(findings)) == text
    assert left_out("json", Outcome(findings)) == ""
    assert left_out("sarif", Outcome(findings[1:])) == ""


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    softmax = 'layer { name: "p" type: "Softmax" bottom: "x" top: "p" }\n'
    losses = (
        f'layer {{ name: "l{number}" type: "SoftmaxWithLoss" bottom: "p" bottom: "y" }}\n' for number in range(25_001)
    )
    (tmp_path / "net.prototxt").write_text(softmax + "".join(losses), encoding="utf-8")
    found = netlint(
        "net.prototxt", "--select", "double-softmax", "--output", "sarif:s.json", "--statistics", cwd=tmp_path
    )
    assert found.stderr.startswith("netlint: SARIF takes 25,000 findings, the most severe of ")
    (run,) = json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["runs"]
    assert len(run["results"]) == 25_000


def test_published_pages_are_linked(monkeypatch: pytest.MonkeyPatch) -> None:
    page = "rules/loss/double_softmax.md"
    finding = Finding("double-softmax", "error", "wrong", "net.prototxt", page=page)
    outcome = Outcome([finding], rules=load_rules)
    assert "helpUri" not in json.loads(render(outcome))["runs"][0]["tool"]["driver"]["rules"][0]
    assert as_object(finding)["url"] == page
    monkeypatch.setattr("netlint.output.told.PAGES", "https://example.org/netlint/")
    (run,) = valid(render(outcome))["runs"]
    assert (
        run["tool"]["driver"]["rules"][0]["helpUri"]
        == as_object(finding)["url"]
        == f"https://example.org/netlint/{page}"
    )
    # A page of somebody else's rule is not there.
    assert as_object(replace(finding, page="rules/mine/own.md"))["url"] == "rules/mine/own.md"
