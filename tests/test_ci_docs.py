"""The pages about CI and pytest: their files are valid, their examples run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.test_pytest_plugin import ROOT, Run, needs, run_installed

__all__ = ["run_installed"]
pytest_plugins = ["pytester"]

CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
PYTEST = (ROOT / "docs" / "pytest.md").read_text(encoding="utf-8")
#: The examples by the names of their files.
FILES = {
    name: text for page in (CI, PYTEST) for name, text in re.findall(r"```\w+\n# (\S+\.\w+)\n(.*?)```", page, re.DOTALL)
}


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        (".github/workflows/netlint.yml", ("vendor.github-workflows",)),
        (".gitlab-ci.yml", ("vendor.gitlab-ci", "--data-transform", "gitlab-ci")),
    ],
)
def test_workflows_are_valid(name: str, schema: tuple[str, ...], tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema")
    path = tmp_path / "file.yml"
    path.write_text(FILES[name], encoding="utf-8")
    check = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", *schema, str(path)]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_configuration_of_pre_commit_is_valid(tmp_path: Path) -> None:
    pytest.importorskip("pre_commit")
    path = tmp_path / "config.yaml"
    path.write_text(FILES[".pre-commit-config.yaml"], encoding="utf-8")
    check = [sys.executable, "-m", "pre_commit", "validate-config", str(path)]
    assert subprocess.run(check, capture_output=True, check=False).returncode == 0
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert re.findall(r"^\| `(netlint[a-z-]*)` \|", CI, re.MULTILINE) == [hook["id"] for hook in hooks]


def test_the_workflow_uses_the_actions_inputs() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    steps = yaml.safe_load(FILES[".github/workflows/netlint.yml"])["jobs"]["netlint"]["steps"]
    (used,) = [step["with"] for step in steps if step["uses"].startswith("OWNER/netlint@")]
    assert set(used) <= set(action["inputs"])
    listed = re.findall(r"^\| `([a-z-]+)` \| (?:`([^`]+)`)? ?\| ", CI, re.MULTILINE)
    described = {name: declared.get("default", "") for name, declared in action["inputs"].items()}
    assert {name: default for name, default in listed if name in described} == described
    assert all(f"| `{name}` |" in CI for name in action["outputs"])


@needs("torch")
def test_the_tests_of_the_page_pass(run_installed: Run, pytester: pytest.Pytester) -> None:
    for name in ("test_models.py", "test_training.py"):
        (pytester.path / name).write_text(FILES[name], encoding="utf-8")
    run_installed("--strict-markers").assert_outcomes(passed=2)


def test_the_settings_of_the_page_are_those_of_the_plugin() -> None:
    from netlint import pytest_plugin

    listed = re.findall(r"`(netlint_\w+)`", PYTEST[PYTEST.index("## Settings") :])
    settings = set(vars(pytest_plugin)["_SETTINGS"]) | {"netlint_paths", "netlint_config"}
    assert set(listed) == settings
