"""The GitHub action: valid by the official schema, and its steps run as a runner runs them."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.indexes import needs_package_index
from tests.test_cli import BROKEN, CLEAN

ROOT = Path(__file__).parents[1]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {step.get("name") or step["id"]: step for step in ACTION["runs"]["steps"]}

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="the action's steps need bash")


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """A runner's folders, with netlint where the first step puts it: a copy of this very installation."""
    (tmp_path / "work").mkdir()
    bin_folder = tmp_path / "temp" / "netlint" / "bin"
    bin_folder.mkdir(parents=True)
    for name, command in (("python", ""), ("netlint", "-m netlint")):
        script = bin_folder / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {command} "$@"\n', encoding="utf-8")
        script.chmod(0o755)
    return tmp_path


def run(
    step: str, runner: Path, steps: dict[str, str] | None = None, **inputs: str
) -> subprocess.CompletedProcess[str]:
    """Runs the script of a step with what GitHub gives it: the step's `env` filled in, and the runner's variables."""
    defaults = {name: str(declared.get("default", "")) for name, declared in ACTION["inputs"].items()}
    known = {
        f"inputs.{name}": value
        for name, value in (defaults | {n.replace("_", "-"): v for n, v in inputs.items()}).items()
    }
    known |= {"github.action_path": str(ROOT)} | (steps or {})
    filled = {
        name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value)
        for name, value in STEPS[step]["env"].items()
    }
    outputs = {"GITHUB_OUTPUT": str(runner / "output"), "GITHUB_STEP_SUMMARY": str(runner / "summary")}
    script = runner / "step.sh"
    script.write_text(STEPS[step]["run"], encoding="utf-8")
    assert "${{" not in script.read_text(encoding="utf-8"), "an input in a script is code that anybody may write"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if step == "Lint":
        environment["PYTHONPATH"] = str(ROOT)
    return subprocess.run(
        # How a runner starts `shell: bash`.
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
        cwd=runner / "work",
        env={
            **environment,
            **outputs,
            "RUNNER_TEMP": str(runner / "temp"),
            "GITHUB_ACTIONS": "true",
            "CI": "true",
            **filled,
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def outputs(runner: Path) -> dict[str, str]:
    lines = (runner / "output").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_the_action_is_valid() -> None:
    pytest.importorskip("check_jsonschema")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions"]
    assert subprocess.run([*check, "action.yml"], cwd=ROOT, capture_output=True, check=False).returncode == 0


def test_every_input_is_used_and_every_output_written() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{\{ inputs\.([a-z-]+) \}\}", text)) == set(ACTION["inputs"])
    assert all(f'echo "{name}=' in STEPS["Lint"]["run"] for name in ACTION["outputs"])


@needs_package_index
def test_the_first_step_installs_netlint(tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "temp").mkdir()
    found = run("Install netlint", tmp_path, {"steps.python.outputs.python-path": sys.executable}, extras="")
    assert found.returncode == 0, found.stderr
    (tmp_path / "work" / "net.prototxt").write_text(BROKEN, encoding="utf-8")
    code = "import netlint, sys; sys.exit(netlint.__file__)"
    installed = subprocess.run(
        [tmp_path / "temp/netlint/bin/python", "-I", "-c", code], capture_output=True, text=True, check=False
    )
    assert Path(installed.stderr.strip()).is_relative_to(tmp_path)
    assert (
        subprocess.run(
            [tmp_path / "temp/netlint/bin/netlint", "net.prototxt"],
            cwd=tmp_path / "work",
            check=False,
            capture_output=True,
        ).returncode
        == 1
    )


def test_findings_are_annotations_and_fail_the_step(runner: Path) -> None:
    (runner / "work" / "a net.prototxt").write_text(BROKEN, encoding="utf-8")
    found = run("Lint", runner, sarif_file="netlint.sarif", args="--select double-softmax")
    assert found.returncode == 1
    assert found.stdout.startswith(
        "::error file=a net.prototxt,line=2,endLine=2,col=54,endColumn=56,title=double-softmax::"
    )
    assert outputs(runner) == {"exit-code": "1", "findings": "1"}
    sarif = json.loads((runner / "work" / "netlint.sarif").read_text(encoding="utf-8"))
    assert [result["ruleId"] for result in sarif["runs"][0]["results"]] == ["double-softmax"]
    summary = (runner / "summary").read_text(encoding="utf-8").splitlines()
    assert summary[:2] == ["### netlint", "~~~~~~text"]
    assert summary[2].startswith("./a net.prototxt:2:54: error[double-softmax] ")
    assert summary[-1] == "~~~~~~"


def test_clean_models_pass_without_a_summary(runner: Path) -> None:
    (runner / "work" / "net.prototxt").write_text(CLEAN, encoding="utf-8")
    found = run("Lint", runner, output_format="full")
    assert (found.returncode, found.stdout) == (0, "no findings in 1 file\n")
    assert outputs(runner) == {"exit-code": "0", "findings": "0"}
    assert not (runner / "summary").exists()


def test_inputs_are_words_and_never_code(runner: Path) -> None:
    name = "$(touch hacked) `touch hacked`;'\"&.prototxt"
    (runner / "work" / name).write_text(BROKEN, encoding="utf-8")
    (runner / "work" / "clean.prototxt").write_text(CLEAN, encoding="utf-8")
    found = run(
        "Lint",
        runner,
        paths=f"{name}\r\n\nclean.prototxt\n",
        args="--ignore \"double-softmax\" --fail-level 'info'",
        output_format="full",
    )
    assert (found.returncode, found.stdout) == (0, "no findings in 2 files\n")
    found = run("Lint", runner, args="; touch hacked $(touch hacked)", output_format="full")
    assert found.returncode == 2
    assert not (runner / "work" / "hacked").exists()


def test_what_could_not_be_linted_is_2(runner: Path) -> None:
    found = run("Lint", runner, paths="missing.prototxt")
    assert found.returncode == 2
    assert "netlint: missing.prototxt: No such file or directory" in found.stderr
    assert outputs(runner) == {"exit-code": "2", "findings": "0"}


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ("--no-such-option", "No such option"),
        ("--select 'shapes", "netlint: the input `args` cannot be read: No closing quotation"),
    ],
)
def test_wrong_options_are_2_and_leave_no_old_numbers(args: str, says: str, runner: Path) -> None:
    (runner / "temp" / "netlint-report.json").write_text('{"summary": {"findings": 7}}', encoding="utf-8")
    found = run("Lint", runner, args=args)
    assert found.returncode == 2
    assert says in found.stderr
    assert outputs(runner)["exit-code"] == "2"
    assert outputs(runner).get("findings", "") == ""
