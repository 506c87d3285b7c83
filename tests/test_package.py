"""What users install: the wheel holds the rules and their pages, and finds them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from netlint.engine.packs import load_rules
from tests.test_cli import BROKEN

ROOT = Path(__file__).parents[1]


def test_the_wheel_ships_the_rules_inside_the_package(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("nn_netlint-*.whl")
    installed = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(installed)
    assert not [name for name in names if name.startswith("rules/")], "the import name `rules` belongs to someone else"
    assert "netlint/rules/loss/double_softmax.md" in names
    assert "netlint/loaders/caffe/schema.txt" in names
    assert "netlint/output/report.schema.json" in names

    def run(*arguments: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "netlint", *arguments],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(installed)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout

    listed = [entry["name"] for entry in json.loads(run("rules", "--output-format", "json"))]
    assert listed == [rule.name for rule in load_rules()]
    assert run("explain", "double-softmax").startswith("# double-softmax\n")
    (tmp_path / "net.prototxt").write_text(BROKEN, encoding="utf-8")
    found = subprocess.run(
        [sys.executable, "-m", "pytest", "--netlint", "-p", "no:cacheprovider", "net.prototxt"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed), "PYTEST_ADDOPTS": ""},
        check=False,
        capture_output=True,
        text=True,
    )
    assert "net.prototxt:2:54: error[double-softmax]" in found.stdout, found.stderr


def test_the_readmes_test_command_is_what_ci_runs() -> None:
    command = "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest"
    assert command in (ROOT / "README.md").read_text(encoding="utf-8")
    assert command in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
