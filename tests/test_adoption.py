"""Adopting netlint for an old collection, through the command line: comments that are written, and baselines."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.test_cli import BROKEN, netlint

FIXTURES = Path(__file__).parents[1] / "fixtures"
LENET = FIXTURES / "readme" / "lenet.prototxt"

JSON = """{
  "class_name": "Sequential",
  "config": {"name": "s", "layers": [
    {"class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 4]}},
    {"class_name": "Dense", "config": {"name": "d", "units": 1, "activation": "softmax", "use_bias": true}}
  ]},
  "keras_version": "2.13.1", "backend": "tensorflow"
}
"""


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    shutil.copyfile(LENET, tmp_path / "lenet.prototxt")
    (tmp_path / "broken.prototxt").write_text(BROKEN, encoding="utf-8")
    return tmp_path


def concise(*arguments: str, cwd: Path) -> list[str]:
    """`path:line:column: severity[rule]` of every finding."""
    lines = netlint(*arguments, "--output-format", "concise", cwd=cwd).stdout.splitlines()
    return [line.partition("]")[0] + "]" for line in lines]


def test_comments_are_written_with_the_reason(zoo: Path) -> None:
    run = netlint("--add-suppressions=an old net", "lenet.prototxt", cwd=zoo)
    assert (run.returncode, run.stdout) == (0, "no findings in 1 file\n")
    assert run.stderr == "netlint: silenced 3 findings in 1 file\n"
    before, after = LENET.read_text().splitlines(), (zoo / "lenet.prototxt").read_text().splitlines()
    assert [(number, new) for number, (old, new) in enumerate(zip(before, after, strict=True), 1) if old != new] == [
        (35, "    kernel_size: 7  # netlint: ignore[kernel-exceeds-input] an old net"),
        (37, "    weight_filler { std: 0.01 }  # netlint: ignore[dead-zero-init] an old net"),
        (52, "    num_output: 1  # netlint: ignore[one-unit-classifier] an old net"),
    ]


def test_a_path_behind_the_option_is_no_reason(zoo: Path) -> None:
    run = netlint("--add-suppressions", "broken.prototxt", cwd=zoo)
    assert (run.returncode, run.stderr) == (0, "netlint: silenced 1 finding in 1 file\n")
    assert (zoo / "broken.prototxt").read_text().splitlines()[1].endswith("}  # netlint: ignore[double-softmax]")


@pytest.mark.parametrize(
    ("line", "written", "options"),
    [
        (
            "  # netlint: ignore[double-dropout] why",
            "  # netlint: ignore[double-dropout, double-softmax] why",
            ["--ignore", "unused-suppression"],
        ),
        ("  # see issue 3", "  # see issue 3  # netlint: ignore[double-softmax]", []),
        ("  # netlint: from-scratch", "  # netlint: from-scratch  # netlint: ignore[double-softmax]", []),
        ("\r", "  # netlint: ignore[double-softmax]\r", []),
        ("  \t", "  \t# netlint: ignore[double-softmax]", []),
    ],
)
def test_what_stands_on_the_line_stays(zoo: Path, line: str, written: str, options: list[str]) -> None:
    text = BROKEN.rstrip("\n")
    (zoo / "broken.prototxt").write_text(text + line, newline="")
    run = netlint("--add-suppressions", "broken.prototxt", *options, cwd=zoo)
    assert (zoo / "broken.prototxt").read_bytes().decode() == text + written
    assert (run.returncode, run.stdout) == (0, "no findings in 1 file\n")


def test_another_reason_makes_another_comment(zoo: Path) -> None:
    text = BROKEN.rstrip("\n") + "  # netlint: ignore[double-dropout] one reason"
    (zoo / "broken.prototxt").write_text(text)
    netlint("--add-suppressions=another", "--ignore", "unused-suppression", "broken.prototxt", cwd=zoo)
    assert (zoo / "broken.prototxt").read_text() == f"{text}  # netlint: ignore[double-softmax] another"


def test_what_cannot_be_silenced_is_told_and_stays(zoo: Path) -> None:
    (zoo / "cut.prototxt").write_text(BROKEN + "layer {\n")
    shutil.copyfile(FIXTURES / "torch" / "double_softmax.pt2", zoo / "double_softmax.pt2")
    run = netlint("--add-suppressions", "cut.prototxt", "double_softmax.pt2", cwd=zoo)
    assert run.returncode == 1
    assert run.stderr.splitlines() == [
        "netlint: silenced 0 findings in 0 files",
        "netlint: 1 finding not silenced: `syntax` is no finding to be silenced",
        "netlint: 1 finding not silenced: double_softmax.pt2 has no line for a comment on it",
    ]
    assert (zoo / "cut.prototxt").read_text() == BROKEN + "layer {\n"


def test_a_program_gets_its_comments_at_the_constructors(zoo: Path) -> None:
    for name in ("double_softmax.pt2", "bias_before_norm.pt2", "broken.py"):
        shutil.copyfile(FIXTURES / "torch" / name, zoo / name)
    pt2 = ["double_softmax.pt2", "bias_before_norm.pt2"]
    assert [line.rpartition(" ")[2] for line in concise(*pt2, cwd=zoo)] == [
        "error[double-softmax]",
        "info[bias-before-batchnorm]",
    ]
    run = netlint("--add-suppressions=known", *pt2, cwd=zoo)
    assert (run.returncode, run.stderr) == (0, "netlint: silenced 2 findings in 1 file\n")
    assert concise(*pt2, cwd=zoo) == []
    before = (FIXTURES / "torch" / "broken.py").read_text().splitlines()
    after = (zoo / "broken.py").read_text().splitlines()
    assert [new.removeprefix(old) for old, new in zip(before, after, strict=True) if old != new] == [
        "  # netlint: ignore[bias-before-batchnorm] known",
        "  # netlint: ignore[double-softmax] known",
    ]


def test_json_gets_its_own_comments(zoo: Path) -> None:
    (zoo / "model.json").write_text(JSON)
    assert concise("model.json", cwd=zoo) == ["model.json:5:62: error[one-unit-classifier]"]
    run = netlint("--add-suppressions=old", "model.json", cwd=zoo)
    assert (run.returncode, run.stderr) == (0, "netlint: silenced 1 finding in 1 file\n")
    line = (zoo / "model.json").read_text().splitlines()[4]
    assert line.endswith("}}  // netlint: ignore[one-unit-classifier] old")


def test_onnx_text_gets_its_comments(zoo: Path) -> None:
    (zoo / "m.onnxtxt").write_text(
        '<ir_version: 8, opset_import: ["" : 17]>\nm (float[1,4] x) => (float[1,4] y)\n'
        "{\n  a = Relu(x)\n  b = Sigmoid(x)\n  y = Relu(a)\n}\n"
    )
    found = concise("m.onnxtxt", cwd=zoo)
    assert found != []
    assert netlint("--add-suppressions", "m.onnxtxt", cwd=zoo).returncode == 0
    assert concise("m.onnxtxt", cwd=zoo) == []


def test_a_link_stays_a_link_and_the_mode_stays(zoo: Path) -> None:
    (zoo / "link.prototxt").symlink_to("broken.prototxt")
    (zoo / "broken.prototxt").chmod(0o640)
    assert netlint("--add-suppressions", "link.prototxt", cwd=zoo).returncode == 0
    assert (zoo / "link.prototxt").is_symlink()
    assert (zoo / "broken.prototxt").stat().st_mode & 0o777 == 0o640
    assert sorted(os.listdir(zoo)) == ["broken.prototxt", "lenet.prototxt", "link.prototxt"]


def test_a_reason_is_one_line(zoo: Path) -> None:
    run = netlint("--add-suppressions=a\nb", "broken.prototxt", cwd=zoo)
    assert run.returncode == 2
    assert "must be one line of plain text" in run.stderr


def test_a_baseline_leaves_out_what_it_holds(zoo: Path) -> None:
    run = netlint(".", "--write-baseline", "baseline.json", cwd=zoo)
    assert (run.returncode, run.stderr) == (0, "netlint: wrote 4 findings to baseline.json\n")
    held = json.loads((zoo / "baseline.json").read_text())
    assert held["version"] == 1
    assert held["findings"][1] == {
        "path": "lenet.prototxt",
        "rule": "dead-zero-init",
        "node": "conv2",
        "text": "weight_filler { std: 0.01 }",
        "count": 1,
    }
    run = netlint(".", "--baseline", "baseline.json", cwd=zoo)
    assert (run.returncode, run.stdout) == (0, "no findings in 2 files\n")
    assert run.stderr == "netlint: 4 findings left out, as baseline.json says\n"


def test_lines_may_move_and_what_is_new_is_told(zoo: Path) -> None:
    netlint(".", "--write-baseline", "baseline.json", cwd=zoo)
    text = (zoo / "lenet.prototxt").read_text().replace("    num_output: 1\n", "    num_output:   1\n")
    (zoo / "lenet.prototxt").write_text("# One line more.\n\n" + text)
    # The same mistake a second time.
    (zoo / "broken.prototxt").write_text(BROKEN + BROKEN.splitlines()[1].replace("loss", "loss2") + "\n")
    assert concise(".", "--baseline", "baseline.json", cwd=zoo) == ["./broken.prototxt:3:55: error[double-softmax]"]


def test_a_baseline_holds_from_any_folder(zoo: Path) -> None:
    (zoo / "sub").mkdir()
    netlint("../lenet.prototxt", "--write-baseline", "known.json", cwd=zoo / "sub")
    run = netlint("lenet.prototxt", "--baseline", "sub/known.json", cwd=zoo)
    assert (run.returncode, run.stderr) == (0, "netlint: 3 findings left out, as sub/known.json says\n")


def test_entries_that_no_longer_occur_are_counted(zoo: Path) -> None:
    netlint(".", "--write-baseline", "baseline.json", cwd=zoo)
    text = (zoo / "lenet.prototxt").read_text()
    (zoo / "lenet.prototxt").write_text(text.replace("num_output: 1\n", "num_output: 10\n"))
    told = netlint("lenet.prototxt", "--baseline", "baseline.json", cwd=zoo).stderr.splitlines()
    again = "write it again with --write-baseline"
    assert told == [
        "netlint: 2 findings left out, as baseline.json says",
        f"netlint: baseline.json: 1 entry no longer occurs: {again}",
    ]
    # Nothing is known of rules that did not run; a file that is not there any more has no findings.
    (zoo / "broken.prototxt").unlink()
    told = netlint("lenet.prototxt", "--select", "shapes", "--baseline", "baseline.json", cwd=zoo).stderr.splitlines()
    assert told[1:] == [f"netlint: baseline.json: 1 entry no longer occurs: {again}"]
    told = netlint("lenet.prototxt", "--baseline", "baseline.json", cwd=zoo).stderr.splitlines()
    assert told[1:] == [f"netlint: baseline.json: 2 entries no longer occur: {again}"]


def test_a_binary_model_is_held_by_its_message(zoo: Path) -> None:
    shutil.copyfile(FIXTURES / "torch" / "double_softmax.pt2", zoo / "m.pt2")
    netlint("m.pt2", "--write-baseline", "b.json", cwd=zoo)
    assert json.loads((zoo / "b.json").read_text())["findings"][0]["rule"] == "double-softmax"
    assert netlint("m.pt2", "--baseline", "b.json", cwd=zoo).returncode == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "{",
            "b.json: this is no baseline: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("[]", "b.json: this is no baseline: write one with --write-baseline"),
        ('{"version": 2, "findings": []}', "b.json: version 2 of a baseline; this netlint reads 1"),
        (
            '{"version": 1, "findings": [{"path": "a"}]}',
            "b.json: entry 1 is none: write the baseline again with --write-baseline",
        ),
        (None, "b.json: No such file or directory"),
    ],
)
def test_what_is_no_baseline_is_2(zoo: Path, content: str | None, message: str) -> None:
    if content is not None:
        (zoo / "b.json").write_text(content)
    run = netlint("broken.prototxt", "--baseline", "b.json", cwd=zoo)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", f"Error: {message}\n")


def test_only_what_the_baseline_does_not_hold_gets_a_comment(zoo: Path) -> None:
    netlint("lenet.prototxt", "--write-baseline", "baseline.json", cwd=zoo)
    run = netlint(".", "--baseline", "baseline.json", "--add-suppressions", cwd=zoo)
    assert run.returncode == 0
    assert run.stderr.splitlines() == [
        "netlint: silenced 1 finding in 1 file",
        "netlint: 3 findings left out, as baseline.json says",
    ]
    assert (zoo / "lenet.prototxt").read_text() == LENET.read_text()


def test_standard_input_takes_no_comments(zoo: Path) -> None:
    run = netlint("-", "--stdin-filename", "broken.prototxt", "--add-suppressions", cwd=zoo)
    assert run.returncode == 2
    assert "standard input is none" in run.stderr


def test_a_baseline_that_cannot_be_written_is_2(zoo: Path) -> None:
    run = netlint("broken.prototxt", "--write-baseline", "nowhere/b.json", cwd=zoo)
    assert run.returncode == 2
    assert run.stderr.endswith("Error: cannot write `nowhere/b.json`: there is no folder `nowhere`\n")
