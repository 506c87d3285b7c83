"""The hooks for pre-commit: the real program installs them, and a real commit meets them."""

from __future__ import annotations

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
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
HOOKS = {hook["id"]: hook for hook in yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))}
FINDING = "broken.prototxt:2:54: error[double-softmax]"

pytest.importorskip("pre_commit", reason="pre-commit is not installed")
needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing of this machine's git, nothing of this checkout, and a cache of its own."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and not name.startswith("GIT_")}
    who = {f"GIT_{role}_{field}": "t@example.org" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")}
    return {
        **kept,
        **who,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "PRE_COMMIT_COLOR": "never",
    }


def run(folder: Path, environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )


def git(folder: Path, environment: dict[str, str], *arguments: str) -> str:
    found = run(folder, environment, "git", *arguments)
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


def pre_commit(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(folder, environment, sys.executable, "-m", "pre_commit", *arguments)


@pytest.fixture
def netlint_repository(tmp_path: Path, environment: dict[str, str]) -> Path:
    """What pre-commit would clone: netlint as it is in this folder."""
    folder = tmp_path / "netlint"
    folder.mkdir()
    for name in ("netlint", "rules"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", MANIFEST.name):
        shutil.copy(ROOT / name, folder)
    for arguments in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "netlint")):
        git(folder, environment, *arguments)
    return folder


@pytest.fixture
def project(tmp_path: Path, environment: dict[str, str]) -> Path:
    folder = tmp_path / "project"
    (folder / "nets").mkdir(parents=True)
    git(folder, environment, "init", "-q", "-b", "main")
    (folder / "nets" / "clean.prototxt").write_text(CLEAN, encoding="utf-8")
    (folder / "nets" / "broken.prototxt").write_text(BROKEN, encoding="utf-8")
    return folder


def test_the_manifest_is_valid(environment: dict[str, str]) -> None:
    assert pre_commit(ROOT, environment, "validate-manifest", MANIFEST.name).returncode == 0


@pytest.mark.parametrize(
    ("name", "hooks"),
    [
        ("nets/train_val.prototxt", {"netlint", "netlint-all"}),
        ("NET.ONNX", {"netlint", "netlint-all"}),
        ("saved/saved_model.pb", {"netlint", "netlint-all"}),
        ("model.safetensors", {"netlint", "netlint-all"}),
        ("weights.h5", {"netlint-all"}),
        # Triton's configuration, a label map, metadata of other programs: they have a model's ending.
        ("resnet/config.pbtxt", set()),
        ("fingerprint.pb", set()),
        ("texture.png.meta", set()),
        ("package.json", set()),
        ("train.py", set()),
        ("net.prototxt.orig", set()),
    ],
)
def test_the_hooks_take_models(name: str, hooks: set[str]) -> None:
    assert {name_of for name_of, hook in HOOKS.items() if re.search(hook["files"], name)} == hooks


def test_one_process_lints_all_files() -> None:
    assert all(hook["require_serial"] for hook in HOOKS.values())


@needs_git
@needs_package_index
def test_a_commit_is_refused_until_the_model_is_mended(
    project: Path, netlint_repository: Path, environment: dict[str, str]
) -> None:
    version = git(netlint_repository, environment, "rev-parse", "HEAD")
    hook = {"id": "netlint", "args": ["--select", "double-softmax"]}
    config = {"repos": [{"repo": netlint_repository.as_uri(), "rev": version, "hooks": [hook]}]}
    (project / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    assert pre_commit(project, environment, "install", "--install-hooks").returncode == 0
    git(project, environment, "add", ".")
    refused = run(project, environment, "git", "commit", "-m", "models")
    assert refused.returncode == 1
    assert f"nets/{FINDING} SoftmaxWithLoss `loss` applies softmax itself" in refused.stderr
    assert "1 error in 2 files" in refused.stderr
    (project / "nets" / "broken.prototxt").write_text(CLEAN, encoding="utf-8")
    git(project, environment, "add", ".")
    git(project, environment, "commit", "-q", "-m", "models")
    assert git(project, environment, "log", "--format=%s") == "models"


@needs_git
@needs_package_index
def test_all_formats_bring_what_they_need(project: Path, netlint_repository: Path, environment: dict[str, str]) -> None:
    """`try-repo`, as somebody tries netlint; HDF5 is read because the hook installs h5py."""
    h5py = pytest.importorskip("h5py")
    with h5py.File(project / "nets" / "model.h5", "w") as file:
        file.attrs["model_config"] = '{"class_name": "Sequential", "config": {"name": "s", "layers": "none"}}'
    git(project, environment, "add", ".")
    found = pre_commit(project, environment, "try-repo", str(netlint_repository), "netlint-all", "--all-files")
    assert found.returncode == 1, found.stdout + found.stderr
    assert f"nets/{FINDING}" in found.stdout
    assert "nets/model.h5" in found.stdout
    assert "h5py" not in found.stdout
