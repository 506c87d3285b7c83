"""Each format through the command, against the samples that its documentation shows."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from netlint.output.formats import NAMES, renderer
from tests.output.run import LAMBDA_AT, REMEDY, SOFTMAX, folder_of_models, run
from tests.output.test_json import REPORT
from tests.test_cli import netlint

NET = "nets/broken net.prototxt"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of_models(tmp_path_factory.mktemp("models"))


def code_in(text: str) -> str:
    """The message about the archive's Lambda, out of the JSON report."""
    return str(next(found["message"] for found in json.loads(text)["findings"] if found["rule"] == "code-in-model"))


@pytest.fixture(scope="module")
def code(folder: Path) -> str:
    return code_in(run(folder, "--output-format", "json"))


def test_every_format_has_a_function() -> None:
    assert all(callable(renderer(name)) for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_run_is_the_same_every_time(name: str, folder: Path) -> None:
    assert run(folder, "--output-format", name) == run(folder, "--output-format", name)


def test_concise(folder: Path, code: str) -> None:
    assert run(folder, "--output-format", "concise").splitlines() == [
        f"{NET}:2:54: error[double-softmax] {SOFTMAX}",
        f"nets/evil.keras:1:1: info[code-in-model] {code} ({LAMBDA_AT})",
    ]


def test_grouped(folder: Path, code: str) -> None:
    assert run(folder, "--output-format", "grouped").splitlines() == [
        f"{NET}:",
        f"  2:54  error    double-softmax  {SOFTMAX}",
        "",
        "nets/evil.keras:",
        f"  1:1  info     code-in-model  {code} ({LAMBDA_AT})",
    ]


def test_json_lines_are_the_findings_of_the_report(folder: Path) -> None:
    lines = run(folder, "--output-format", "json-lines").splitlines()
    findings = [json.loads(line) for line in lines]
    assert findings == json.loads(run(folder, "--output-format", "json"))["findings"]
    schema = {**REPORT["$defs"]["finding"], "$defs": REPORT["$defs"]}
    for finding in findings:
        jsonschema.validate(finding, schema)


def test_github(folder: Path, code: str) -> None:
    first, second = run(folder, "--output-format", "github").splitlines()
    assert first == (
        f"::error file={NET},line=2,endLine=2,col=54,endColumn=56,title=double-softmax::{SOFTMAX}%0Afix: {REMEDY}"
    )
    assert second.startswith(
        "::notice file=nets/evil.keras,line=1,endLine=1,col=1,endColumn=1,title=code-in-model::"
        f"{code} ({LAMBDA_AT})%0Afix: "
    )


def test_gitlab_has_the_fields_of_its_documentation(folder: Path, code: str) -> None:
    first, second = json.loads(run(folder, "--output-format", "gitlab"))
    assert re.fullmatch("[0-9a-f]{32}", first.pop("fingerprint"))
    assert first == {
        "description": SOFTMAX,
        "check_name": "double-softmax",
        "severity": "critical",
        "location": {"path": NET, "lines": {"begin": 2, "end": 2}},
    }
    assert (second["description"], second["severity"]) == (f"{code} ({LAMBDA_AT})", "info")
    assert second["location"] == {"path": "nets/evil.keras", "lines": {"begin": 1, "end": 1}}


def test_gitlab_fingerprints_outlive_moved_lines(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    loss = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "p" bottom: "label" }\n'
    softmax = 'layer { name: "p" type: "Softmax" bottom: "x" top: "p" }\n'

    def fingerprints(text: str) -> list[tuple[int, str]]:
        path.write_text(text, encoding="utf-8")
        found = netlint("net.prototxt", "--select", "double-softmax", "--output-format", "gitlab", cwd=tmp_path)
        return [(issue["location"]["lines"]["begin"], issue["fingerprint"]) for issue in json.loads(found.stdout)]

    ((line, first),) = fingerprints(softmax + loss)
    ((moved, same),) = fingerprints(f"# a comment\n\n{softmax}# another\n  {loss}")
    assert (line, moved, same) == (2, 5, first)
    # Two alike are told apart, and the first keeps its own.
    (_, again), (_, other) = fingerprints(softmax + loss + loss)
    assert again == first != other


def test_junit(folder: Path, code: str) -> None:
    suites = ElementTree.fromstring(run(folder, "--output-format", "junit"))
    assert (suites.tag, suites.attrib) == (
        "testsuites",
        {"name": "netlint", "tests": "3", "failures": "1", "errors": "0"},
    )
    broken, clean, evil = suites
    assert broken.attrib == {"name": NET, "tests": "1", "failures": "1", "errors": "0", "skipped": "0", "time": "0"}
    (case,) = broken
    assert case.attrib == {
        "name": "double-softmax (2:54)", "classname": NET, "file": NET, "line": "2", "time": "0",
    }  # fmt: skip
    (failure,) = case
    assert (failure.tag, failure.attrib) == ("failure", {"message": SOFTMAX, "type": "double-softmax"})
    assert failure.text == f"{NET}:2:54: error: {SOFTMAX}\nfix: {REMEDY}"
    assert [(case.get("name"), len(case)) for case in clean] == [("no findings", 0)]
    assert [case.get("name") for case in evil] == [f"code-in-model ({LAMBDA_AT})"]
    assert [child.tag for child in evil[0]] == ["system-out"]
    assert (evil[0][0].text or "").startswith(f"nets/evil.keras:1:1: info: {code} ({LAMBDA_AT})\nfix: ")


def test_junit_fails_what_fails_the_run(folder: Path, code: str) -> None:
    suites = ElementTree.fromstring(run(folder, "--output-format", "junit", "--fail-level", "info"))
    assert [suite.get("failures") for suite in suites] == ["1", "0", "1"]
    (failure,) = suites[2][0]
    assert failure.attrib == {"message": f"{code} ({LAMBDA_AT})", "type": "code-in-model"}


def test_checkstyle(folder: Path, code: str) -> None:
    root = ElementTree.fromstring(run(folder, "--output-format", "checkstyle"))
    assert (root.tag, root.attrib) == ("checkstyle", {"version": "4.3"})
    assert [(file.get("name"), [error.attrib for error in file]) for file in root] == [
        (
            NET,
            [
                {
                    "line": "2",
                    "column": "54",
                    "severity": "error",
                    "message": SOFTMAX,
                    "source": "netlint.double-softmax",
                }
            ],
        ),
        ("nets/clean.prototxt", []),
        (
            "nets/evil.keras",
            [
                {
                    "line": "1",
                    "column": "1",
                    "severity": "info",
                    "message": f"{code} ({LAMBDA_AT})",
                    "source": "netlint.code-in-model",
                }
            ],
        ),
    ]


def test_rdjson(folder: Path, code: str) -> None:
    result = json.loads(run(folder, "--output-format", "rdjson"))
    assert result == {
        "source": {"name": "netlint"},
        "diagnostics": [
            {
                "message": SOFTMAX,
                "location": {
                    "path": NET,
                    "range": {"start": {"line": 2, "column": 54}, "end": {"line": 2, "column": 57}},
                },
                "severity": "ERROR",
                "code": {"value": "double-softmax"},
                # Both edits of the fix in one: reviewers take suggestions one by one.
                "suggestions": [
                    {
                        "range": {"start": {"line": 1, "column": 1}, "end": {"line": 2, "column": 57}},
                        "text": 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "x"',
                    }
                ],
            },
            {
                "message": f"{code} ({LAMBDA_AT})",
                "location": {"path": "nets/evil.keras", "range": {"start": {"line": 1, "column": 1}}},
                "severity": "INFO",
                "code": {"value": "code-in-model"},
            },
        ],
    }


def test_rdjson_columns_count_bytes(tmp_path: Path) -> None:
    # The documentation's example: U+10400 takes four bytes.
    text = (
        'layer { name: "p" type: "Softmax" bottom: "x" top: "p" }\n'
        'layer { name: "a\U00010400b" type: "SoftmaxWithLoss" bottom: "p" bottom: "label" }\n'
    )
    (tmp_path / "net.prototxt").write_text(text, encoding="utf-8")
    run = netlint("net.prototxt", "--select", "double-softmax", "--output-format", "rdjson", cwd=tmp_path)
    (diagnostic,) = json.loads(run.stdout)["diagnostics"]
    line = text.splitlines()[1].encode("utf-8")
    column = line.index(b'bottom: "p"') + len("bottom: ") + 1
    assert diagnostic["location"]["range"] == {
        "start": {"line": 2, "column": column},
        "end": {"line": 2, "column": column + 3},
    }


def test_what_could_not_be_read_is_told_where_a_format_has_a_place_for_it(folder: Path) -> None:
    errors = "netlint: nets/gone.prototxt: No such file or directory\n"

    def output(name: str) -> str:
        return run(folder, "nets/gone.prototxt", "--output-format", name, code=2, errors=errors)

    assert output("github").splitlines()[-1] == (
        "::error file=nets/gone.prototxt,line=1,title=netlint::No such file or directory"
    )
    junit = ElementTree.fromstring(output("junit"))
    assert (junit.get("tests"), junit.get("errors")) == ("4", "1")
    assert [error.attrib for error in junit.iter("error")] == [
        {"message": "No such file or directory", "type": "unread"}
    ]
    gone = ElementTree.fromstring(output("checkstyle"))[-1]
    assert (gone.get("name"), gone[0].get("message")) == ("nets/gone.prototxt", "No such file or directory")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("full", "no findings in 1 file\n"),
        ("concise", ""),
        ("grouped", ""),
        ("json-lines", ""),
        ("github", ""),
        ("gitlab", "[]\n"),
        (
            "checkstyle",
            '<?xml version="1.0" encoding="UTF-8"?>\n<checkstyle version="4.3">\n  <file name="nets/clean.prototxt"/>\n'
            "</checkstyle>\n",
        ),
    ],
)
def test_without_findings(name: str, expected: str, folder: Path) -> None:
    found = netlint("nets/clean.prototxt", "--output-format", name, cwd=folder)
    assert (found.returncode, found.stdout) == (0, expected)


def test_paths_in_the_working_folder_are_relative_to_it(folder: Path) -> None:
    found = netlint(str(folder / NET), "--select", "double-softmax", "--output-format", "gitlab", cwd=folder / "nets")
    assert json.loads(found.stdout)[0]["location"]["path"] == "broken net.prototxt"
