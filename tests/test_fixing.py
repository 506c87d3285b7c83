"""Fixes through the command line, as people run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from tests.test_cli import ROOT, netlint

#: One safe fix, one unsafe one, and one finding that only its author can mend.
NET = """name: "net"
layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 4 } }
# the head
layer {
  name: "fc"
  type: "InnerProduct"
  bottom: "data"
  top: "fc"
  inner_product_param {
    num_output: 5
    weight_filler {
      type: "xavier"
      std: 0.1  # of old
    }
  }
}
layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }
layer { name: "drop" type: "Dropout" bottom: "data" top: "noise" dropout_param { dropout_ratio: 50 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "prob" bottom: "label" }
"""
SAFE = NET.replace("      std: 0.1  # of old\n", "      # of old\n")
BOTH = SAFE.replace('layer { name: "prob" type: "Softmax" bottom: "fc" top: "prob" }\n', "").replace('"prob"', '"fc"')
SELECT = ("--select", "ignored-filler-field,double-softmax,dropout-range")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET, encoding="utf-8")
    return tmp_path


def _content(folder: Path) -> str:
    return (folder / "net.prototxt").read_text(encoding="utf-8")


def _piped(text: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "netlint", "-", *arguments],
        input=text,
        cwd=ROOT,
        capture_output=True,
        check=False,
        timeout=120,
    )


def test_findings_say_which_of_them_can_be_fixed(folder: Path) -> None:
    lines = netlint("net.prototxt", *SELECT, cwd=folder).stdout.splitlines()
    assert lines[0].startswith(
        "net.prototxt:13:12: info[ignored-filler-field] [*] the xavier filler of InnerProduct `fc`"
    )
    assert lines[-2:] == ["2 errors, 1 info in 1 file", "[*] 1 fixable with --fix, 1 more with --unsafe-fixes"]


def test_unsafe_fixes_alone_are_marked_and_nothing_is_changed(folder: Path) -> None:
    run = netlint("net.prototxt", *SELECT, "--unsafe-fixes", "--output-format", "concise", cwd=folder)
    assert [" [*] " in line for line in run.stdout.splitlines()] == [True, False, True]
    assert (run.returncode, _content(folder)) == (1, NET)
    full = netlint("net.prototxt", *SELECT, "--unsafe-fixes", cwd=folder).stdout
    assert full.splitlines()[-1] == "[*] 2 fixable with --fix --unsafe-fixes"


def test_fix_writes_the_safe_ones_and_tells_the_rest(folder: Path) -> None:
    run = netlint("net.prototxt", *SELECT, "--fix", cwd=folder)
    assert (run.returncode, run.stderr) == (1, "")
    assert run.stdout.splitlines()[-2:] == [
        "2 errors in 1 file, 1 fixed",
        "1 fixable with --fix --unsafe-fixes",
    ]
    assert _content(folder) == SAFE


def test_unsafe_fixes_are_written_when_they_are_asked_for(folder: Path) -> None:
    run = netlint("net.prototxt", *SELECT, "--fix", "--unsafe-fixes", cwd=folder)
    assert (run.returncode, run.stdout.splitlines()[-1]) == (1, "1 error in 1 file, 2 fixed")
    assert _content(folder) == BOTH
    again = netlint("net.prototxt", *SELECT, "--fix", "--unsafe-fixes", cwd=folder)
    assert again.stdout.splitlines()[-1] == "1 error in 1 file"
    assert _content(folder) == BOTH


def test_nothing_left_is_0(folder: Path) -> None:
    run = netlint("net.prototxt", "--select", "ignored-filler-field", "--fix", cwd=folder)
    assert (run.returncode, run.stdout) == (0, "no findings in 1 file, 1 fixed\n")


def test_fix_only_is_0_and_tells_how_many(folder: Path) -> None:
    run = netlint("net.prototxt", *SELECT, "--fix-only", cwd=folder)
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == "netlint: fixed 1 finding in 1 file\n"
    assert _content(folder) == SAFE


@pytest.mark.parametrize("quiet", ["--diff", "--fix-only"])
@pytest.mark.parametrize("told", [("--output", "json:report.json"), ("--statistics",)])
def test_who_tells_no_findings_promises_no_report(folder: Path, quiet: str, told: tuple[str, ...]) -> None:
    run = netlint("net.prototxt", quiet, *told, cwd=folder)
    assert (run.returncode, run.stdout, _content(folder)) == (2, "", NET)
    assert run.stderr.endswith(
        f"Error: {quiet} tells no findings: --output FORMAT:FILE and --statistics go with --fix\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="names with such characters are a matter of POSIX")
@pytest.mark.parametrize("name", ["{a}.prototxt", "a\nb.prototxt"])
def test_a_name_that_looks_like_a_definition_is_a_name(folder: Path, name: str) -> None:
    (folder / "net.prototxt").rename(folder / name)
    run = netlint(name, *SELECT, "--fix-only", cwd=folder)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "netlint: fixed 1 finding in 1 file\n")
    assert (folder / name).read_text(encoding="utf-8") == SAFE


def test_show_fixes_lists_them(folder: Path) -> None:
    run = netlint("net.prototxt", *SELECT, "--fix", "--unsafe-fixes", "--show-fixes", cwd=folder)
    assert run.stderr.splitlines() == [
        "netlint: fixed 2 findings:",
        "netlint:   net.prototxt: 1 x double-softmax",
        "netlint:   net.prototxt: 1 x ignored-filler-field",
    ]


def test_diff_writes_nothing_and_can_be_applied(folder: Path) -> None:
    run = netlint("net.prototxt", *SELECT, "--diff", cwd=folder)
    assert (run.returncode, run.stderr) == (1, "netlint: would fix 1 finding in 1 file\n")
    assert run.stdout == (
        "--- net.prototxt\n+++ net.prototxt\n@@ -10,7 +10,7 @@\n     num_output: 5\n     weight_filler {\n"
        '       type: "xavier"\n-      std: 0.1  # of old\n+      # of old\n     }\n   }\n }\n'
    )
    assert _content(folder) == NET
    (folder / "fix.patch").write_text(run.stdout, encoding="utf-8")
    subprocess.run(["git", "apply", "-p0", "fix.patch"], cwd=folder, check=True)
    assert _content(folder) == SAFE
    clean = netlint("net.prototxt", *SELECT, "--diff", cwd=folder)
    assert (clean.returncode, clean.stdout, clean.stderr) == (0, "", "netlint: nothing to fix\n")


def test_a_diff_keeps_line_ends_encoding_and_a_missing_last_line_end(folder: Path) -> None:
    text = NET.replace("# the head", "# t\u00eate").replace("\n", "\r\n").rstrip("\r\n")
    (folder / "net.prototxt").write_bytes(text.encode("latin-1"))
    run = subprocess.run(
        [sys.executable, "-m", "netlint", "net.prototxt", *SELECT, "--diff", "--unsafe-fixes"],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
        timeout=120,
    )
    (folder / "fix.patch").write_bytes(run.stdout)
    subprocess.run(["git", "apply", "-p0", "fix.patch"], cwd=folder, check=True)
    expected = BOTH.replace("# the head", "# t\u00eate").replace("\n", "\r\n").rstrip("\r\n")
    assert (folder / "net.prototxt").read_bytes() == expected.encode("latin-1")


def test_standard_input_goes_fixed_to_standard_output() -> None:
    run = _piped(NET.encode(), *SELECT, "--fix", "--stdin-filename", "net.prototxt")
    assert (run.returncode, run.stdout.decode()) == (1, SAFE)
    assert run.stderr.decode().splitlines()[-2] == "2 errors in 1 file, 1 fixed"
    only = _piped(NET.encode(), *SELECT, "--fix-only", "--unsafe-fixes")
    assert (only.returncode, only.stdout.decode()) == (0, BOTH)
    diff = _piped(NET.encode(), *SELECT, "--diff")
    assert diff.returncode == 1
    assert diff.stdout.startswith(b"--- <stdin>\n+++ <stdin>\n")


@pytest.mark.parametrize("text", [b"", b"\0\1", b"layer {", NET.replace(" std: 0.1", " ").encode()])
def test_what_cannot_be_fixed_comes_out_as_it_was(text: bytes) -> None:
    assert (
        _piped(text, "--fix", "--select", "ignored-filler-field,syntax,unreadable-model").stdout.replace(b"\r", b"")
        == text
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--fix", "--add-suppressions"), "fix first, then silence the rest"),
        (("--diff", "--write-baseline", "b.json"), "fix first, then write the baseline"),
        (("--fix", "--watch"), "give either --watch or --fix"),
        (("--show-fixes",), "give --fix or --diff as well"),
        (("-", "--fix"), "standard input is fixed alone"),
    ],
)
def test_what_does_not_go_together_is_refused(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    run = netlint("net.prototxt", *arguments, cwd=folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert message in run.stderr
    assert _content(folder) == NET


def test_what_the_baseline_holds_is_left_alone(folder: Path) -> None:
    netlint("net.prototxt", "--select", "ignored-filler-field", "--write-baseline", "b.json", cwd=folder)
    run = netlint("net.prototxt", *SELECT, "--fix", "--unsafe-fixes", "--baseline", "b.json", cwd=folder)
    assert "left out, as b.json says\n" in run.stderr
    assert run.stdout.splitlines()[-1] == "1 error in 1 file, 1 fixed"
    assert "std: 0.1" in _content(folder)
    assert '"prob"' not in _content(folder)


def test_a_silenced_finding_is_not_fixed_and_an_idle_comment_goes(folder: Path) -> None:
    silenced = NET.replace("  # of old", "  # netlint: ignore[ignored-filler-field] kept for reference")
    idle = silenced.replace('top: "fc"\n', 'top: "fc"  # netlint: ignore[double-sigmoid] once\n', 1)
    (folder / "net.prototxt").write_text(idle, encoding="utf-8")
    run = netlint(
        "net.prototxt", "--select", "ignored-filler-field,unused-suppression,double-sigmoid", "--fix", cwd=folder
    )
    assert (run.returncode, run.stdout) == (0, "no findings in 1 file, 1 fixed\n")
    assert _content(folder) == silenced


def test_a_fix_that_is_taken_back_is_told(folder: Path) -> None:
    text = BOTH.replace(
        'layer { name: "drop"',
        'layer { name: "p" type: "Softmax" bottom: "fc" top: "p" }\n'
        'layer { name: "acc" type: "Accuracy" bottom: "p" bottom: "label" top: "acc" }\nlayer { name: "drop"',
    )
    (folder / "net.prototxt").write_text(text, encoding="utf-8")
    run = netlint("net.prototxt", "--select", "accuracy-in-train", "--fix", cwd=folder)
    assert run.stderr == (
        "netlint: net.prototxt:18: the fix of accuracy-in-train is not made: it would bring info[unused-output] for `p`\n"
    )
    assert _content(folder) == text


def test_machines_read_the_edits(folder: Path) -> None:
    found = json.loads(netlint("net.prototxt", *SELECT, "--output-format", "json", cwd=folder).stdout)["findings"]
    schema = json.loads((ROOT / "netlint" / "output" / "report.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    lines = NET.splitlines(keepends=True)
    starts = [sum(map(len, lines[:number])) for number in range(len(lines) + 1)]
    text = NET
    edits = [edit for finding in found for edit in finding["fix"]["edits"]]
    for edit in sorted(edits, key=lambda edit: (edit["line"], edit["column"]), reverse=True):
        start = starts[edit["line"] - 1] + edit["column"] - 1
        end = starts[edit["end_line"] - 1] + edit["end_column"] - 1
        text = text[:start] + edit["text"] + text[end:]
    assert text == BOTH
    review = json.loads(netlint("net.prototxt", *SELECT, "--output-format", "rdjson", cwd=folder).stdout)
    suggested = [diagnostic.get("suggestions", []) for diagnostic in review["diagnostics"]]
    # Both edits of the double softmax in one suggestion.
    assert [len(suggestions) for suggestions in suggested] == [1, 0, 1]
    assert suggested[2][0]["range"] == {"start": {"line": 17, "column": 1}, "end": {"line": 19, "column": 60}}


def test_rules_tell_what_can_be_fixed() -> None:
    listed = netlint("rules").stdout.splitlines()
    assert next(line for line in listed if " ignored-filler-field " in line).startswith("* ")
    assert next(line for line in listed if " double-softmax " in line).startswith("! ")
    assert next(line for line in listed if " dropout-range " in line).startswith("  ")
    rules = {rule["name"]: rule["fixes"] for rule in json.loads(netlint("rules", "--output-format", "json").stdout)}
    assert rules["double-activation"] == ["safe", "unsafe"]
    assert rules["dropout-range"] == []
