"""The command as people run it: a process, its two streams and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

CLEAN = """name: "clean"
layer { name: "relu" type: "ReLU" bottom: "x" top: "y" }
"""
BROKEN = """layer { name: "p" type: "Softmax" bottom: "x" top: "p" }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "p" bottom: "label" }
"""


def netlint(*arguments: str, cwd: Path = ROOT, code: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    start = ["-c", code] if code else ["-m", "netlint", *arguments]
    return subprocess.run(
        [sys.executable, *start],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clean.prototxt").write_text(CLEAN, encoding="utf-8")
    (tmp_path / "broken.prototxt").write_text(BROKEN, encoding="utf-8")
    return tmp_path


def test_clean_is_0(folder: Path) -> None:
    run = netlint("clean.prototxt", cwd=folder)
    assert (run.returncode, run.stdout, run.stderr) == (0, "no findings in 1 file\n", "")


def test_findings_are_1_with_the_place_first(folder: Path) -> None:
    run = netlint("broken.prototxt", cwd=folder)
    assert run.returncode == 1
    assert run.stdout.startswith("broken.prototxt:2:54: error[double-softmax] SoftmaxWithLoss `loss` applies softmax")
    assert run.stderr == ""


def test_check_is_the_default_command(folder: Path) -> None:
    assert netlint("check", "broken.prototxt", cwd=folder).stdout == netlint("broken.prototxt", cwd=folder).stdout


def test_a_folder_is_searched(folder: Path) -> None:
    (folder / "sub" / ".git").mkdir(parents=True)
    (folder / "sub" / ".git" / "hidden.prototxt").write_text(BROKEN, encoding="utf-8")
    (folder / "sub" / "deep.prototxt").write_text(BROKEN, encoding="utf-8")
    (folder / "notes.txt").write_text("hello", encoding="utf-8")
    run = netlint(".", "--output-format", "json", "--select", "double-softmax", cwd=folder)
    report = json.loads(run.stdout)
    assert [found["path"] for found in report["findings"]] == ["./broken.prototxt", "./sub/deep.prototxt"]
    assert report["summary"]["files"] == 3


def test_a_folder_without_models_says_so(tmp_path: Path) -> None:
    run = netlint(str(tmp_path))
    assert (run.returncode, run.stdout) == (0, "")
    assert run.stderr == f"netlint: no model files found under {tmp_path}\n"


def test_what_cannot_be_read_is_2_and_the_rest_is_still_linted(folder: Path) -> None:
    run = netlint("missing.prototxt", "broken.prototxt", cwd=folder)
    assert run.returncode == 2
    assert run.stderr == "netlint: missing.prototxt: No such file or directory\n"
    assert "error[double-softmax]" in run.stdout


@pytest.mark.skipif(os.name != "posix", reason="file permissions are a matter of POSIX")
def test_an_unreadable_file_is_2(folder: Path) -> None:
    path = folder / "clean.prototxt"
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    run = netlint("clean.prototxt", cwd=folder)
    assert (run.returncode, run.stderr) == (2, "netlint: clean.prototxt: Permission denied\n")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no /dev/zero on this system")
def test_a_device_is_not_read_for_ever() -> None:
    run = netlint("/dev/zero")
    assert (run.returncode, run.stderr) == (2, "netlint: /dev/zero: not a regular file\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--select", "double-sofmax", "a.prototxt"), "did you mean `double-softmax`?"),
        (("--input-shape", "3xbig", "a.prototxt"), "'3xbig' is not a shape"),
        (("--no-such-option", "a.prototxt"), "No such option"),
        (("--fail-level", "fatal", "a.prototxt"), "'error', 'warning', 'info'"),
        ((), ""),
        (("explain", "no-such-rule"), "no rule or family is named `no-such-rule`"),
    ],
)
def test_wrong_usage_is_2_with_a_hint(arguments: tuple[str, ...], says: str, folder: Path) -> None:
    run = netlint(*arguments, cwd=folder)
    assert run.returncode == 2 or not arguments
    assert says in run.stderr
    assert "Traceback" not in run.stderr


def test_the_fail_level_decides(folder: Path) -> None:
    (folder / "info.prototxt").write_text('layer { name: "b" type: "Bend" bottom: "x" top: "y" }\n', encoding="utf-8")
    assert netlint("info.prototxt", cwd=folder).returncode == 0
    assert netlint("info.prototxt", "--fail-level", "info", cwd=folder).returncode == 1


def test_show_files_tells_what_is_not_there(folder: Path) -> None:
    run = netlint("clean.prototxt", "gone.prototxt", "--show-files", cwd=folder)
    assert (run.returncode, run.stdout) == (2, "clean.prototxt\n")
    assert run.stderr == "netlint: gone.prototxt: No such file or directory\n"


@pytest.mark.parametrize("names", ["", " , "])
def test_to_select_nothing_does_not_select_all(folder: Path, names: str) -> None:
    run = netlint("broken.prototxt", "--select", names, cwd=folder)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.endswith("Error: Invalid value for '--select': it names no rule or family\n")
    assert netlint("broken.prototxt", "--ignore", names, cwd=folder).returncode == 1


def test_show_of_nothing_prints_nothing(folder: Path) -> None:
    run = netlint("show", "gone.prototxt", cwd=folder)
    assert (run.returncode, run.stdout, run.stderr) == (2, "", "netlint: gone.prototxt: No such file or directory\n")


@pytest.mark.skipif(os.name != "posix", reason="pipes that break and signals are a matter of POSIX")
def test_a_reader_that_leaves_and_an_interrupt_are_told_apart_from_findings(folder: Path) -> None:
    command = [sys.executable, "-m", "netlint", *["broken.prototxt"] * 2, "--output-format", "json"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as left:
        assert left.stdout is not None
        assert left.stderr is not None
        left.stdout.close()
        assert (left.wait(60), left.stderr.read()) == (141, b"")
    code = (
        "import sys; from unittest import mock; from netlint.cli import run\n"
        "with mock.patch('netlint.api.lint', side_effect=KeyboardInterrupt): sys.exit(run(['broken.prototxt']))"
    )
    interrupted = netlint(code=code, cwd=folder)
    assert (interrupted.returncode, interrupted.stdout, interrupted.stderr) == (130, "", "\nnetlint: interrupted\n")


def test_colours_obey_the_environment(folder: Path) -> None:
    assert "\033[" not in netlint("broken.prototxt", cwd=folder).stdout
    assert "\033[31;1m" in netlint("broken.prototxt", cwd=folder, FORCE_COLOR="1").stdout
    assert "\033[" not in netlint("broken.prototxt", cwd=folder, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_version_explain_and_rules() -> None:
    assert netlint("--version").stdout == "netlint 0.1.0 (neural-network linter)\n"
    assert netlint("explain", "double-softmax").stdout.startswith("# double-softmax\n\n## What it does\n")
    assert "\n! double-softmax" in netlint("rules").stdout
    names = [entry["name"] for entry in json.loads(netlint("rules", "--output-format", "json").stdout)]
    assert "double-softmax" in names


def test_help_names_the_commands_and_the_exit_codes() -> None:
    text = netlint("--help").stdout
    assert all(word in text for word in ("check", "explain", "rules", "show", "Exit codes: 0 clean"))


def test_show_prints_shapes_and_counts(folder: Path) -> None:
    (folder / "lenet.prototxt").write_text(
        'name: "LeNet"\ninput: "data" input_shape { dim: 1 dim: 1 dim: 28 dim: 28 }\n'
        'layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"\n'
        "  convolution_param { num_output: 20 kernel_size: 5 } }\n",
        encoding="utf-8",
    )
    run = netlint("show", "lenet.prototxt", cwd=folder)
    assert run.stdout.splitlines() == [
        "lenet.prototxt: LeNet (TRAIN, TEST), caffe, 2 nodes",
        "line  name   type         output      parameters",
        "   2  input  Input        1x1x28x28",
        "   3  conv1  Convolution  1x20x24x24         520",
        "520 parameters",
    ]


def test_show_of_a_broken_file_is_2(folder: Path) -> None:
    (folder / "bad.prototxt").write_text("layer { name 1 }", encoding="utf-8")
    run = netlint("show", "bad.prototxt", cwd=folder)
    assert run.returncode == 2
    assert run.stderr == "netlint: bad.prototxt: expected `:` or `{` after `name`, found `1`\n"


def imported(*arguments: str, cwd: Path) -> set[str]:
    code = (
        f"import sys; sys.argv = ['netlint', *{list(arguments)!r}]\n"
        "from netlint.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print('|'.join(sys.modules), file=sys.stderr)"
    )
    return set(netlint(code=code, cwd=cwd).stderr.splitlines()[-1].split("|"))


@pytest.mark.parametrize("arguments", [("--version",), ("explain", "double-softmax")])
def test_the_quick_answers_import_next_to_nothing(arguments: tuple[str, ...], folder: Path) -> None:
    assert imported(*arguments, cwd=folder) & {"networkx", "click", "dataclasses", "json", "netlint.model"} == set()


def test_linting_imports_neither_networkx_nor_a_framework(folder: Path) -> None:
    modules = imported("broken.prototxt", cwd=folder)
    assert "netlint.facts.shapes" in modules
    assert modules & {"networkx", "numpy", "onnx", "torch", "tensorflow", "rich", "jsonschema"} == set()


def test_a_misspelt_command_is_no_missing_file(tmp_path: Path) -> None:
    run = netlint("chek", "net.prototxt", cwd=tmp_path)
    assert (run.returncode, run.stdout) == (2, "")
    assert "there is no command or file `chek`: did you mean `check`?" in run.stderr
    assert "models: No such file or directory" in netlint("models", cwd=tmp_path).stderr


def test_every_option_stands_in_a_section_of_the_help() -> None:
    from netlint.cli.check import check
    from netlint.cli.check_command import SECTIONS

    shown = [name for names in SECTIONS.values() for name in names]
    assert sorted(set(shown)) == sorted(shown)
    assert {option.name for option in check.params} - {"paths", "_click_default_help"} == set(shown)
    assert netlint("check", "--help").stdout.endswith("Other:\n  -h, --help  Show this message and exit.\n")


def test_every_command_is_listed_with_a_whole_sentence() -> None:
    listed = netlint("--help").stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert [line.split()[0] for line in listed] == [
        *("check", "show", "explain", "rules", "test-rules", "config", "lsp", "completion", "clean")
    ]
    assert all(line.endswith(".") and not line.endswith("...") for line in listed)
