"""Git LFS pointers: told as such wherever a file is read, and how to get the real file."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from netlint import Finding, lint
from netlint.loaders import File, lfs
from tests.test_cli import BROKEN, netlint

POINTER = (
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\n"
    "size 548000000\n"
)
MISSING = "Git LFS pointer, 548.0 MB are not downloaded"
#: Every ending that netlint looks for in folders, but JSON, which is seldom a model.
SEARCHED = [
    ".prototxt",
    ".onnx",
    ".onnxtxt",
    ".keras",
    ".h5",
    ".hdf5",
    ".pb",
    ".pbtxt",
    ".meta",
    ".pt2",
    ".pt",
    ".pth",
    ".safetensors",
]
NAMED = [*SEARCHED, ".json", ".caffemodel", ".bin", ".ckpt", ".pkl"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "models").mkdir()
    return tmp_path


def told(finding: Finding) -> tuple[object, ...]:
    return (
        finding.rule,
        finding.severity,
        finding.line,
        finding.column,
        finding.message,
        finding.fix and finding.fix.title,
    )


@pytest.mark.parametrize("ending", NAMED)
def test_a_named_pointer_is_info_with_the_command_to_run(ending: str, repository: Path) -> None:
    path = repository / "models" / f"big{ending}"
    path.write_text(POINTER, encoding="utf-8")
    report = lint(path)
    assert [told(finding) for finding in report.findings] == [
        ("lfs-pointer", "info", 1, 1, f"the file is a {MISSING}: it was not linted", f"run `git lfs pull --include=models/big{ending}`")
    ]  # fmt: skip
    assert report.exit_code == 0
    assert lint(path, fail_on_skipped=True).exit_code == 1


def test_pointers_in_a_folder_are_told_one_by_one(repository: Path) -> None:
    for ending in NAMED:
        (repository / "models" / f"big{ending}").write_text(POINTER, encoding="utf-8")
    run = netlint("models", "--output-format", "concise", cwd=repository)
    message = f"info[lfs-pointer] the file is a {MISSING}: it was not linted"
    assert run.stdout.splitlines() == [f"models/big{ending}:1:1: {message}" for ending in sorted(SEARCHED)]
    assert (run.returncode, run.stderr) == (0, "")
    assert netlint("models", "--fail-on-skipped", cwd=repository).returncode == 1
    assert netlint("models", "--fail-on-skipped", "--ignore", "lfs-pointer", cwd=repository).returncode == 0


@pytest.mark.parametrize("ending", [".caffemodel", ".pt", ".pth", ".safetensors", ".h5"])
def test_weights_to_compare_with_are_needed(ending: str, repository: Path) -> None:
    (repository / "net.prototxt").write_text(BROKEN, encoding="utf-8")
    (repository / f"big{ending}").write_text(POINTER, encoding="utf-8")
    run = netlint("net.prototxt", "--weights", f"big{ending}", cwd=repository)
    assert run.returncode == 2
    assert run.stderr == f"netlint: big{ending}: this is a {MISSING}: run `git lfs pull --include=big{ending}`\n"
    assert "error[double-softmax]" in run.stdout


def test_the_net_that_a_solver_names(repository: Path) -> None:
    (repository / "net.prototxt").write_text(POINTER, encoding="utf-8")
    solver = repository / "solver.prototxt"
    solver.write_text('net: "net.prototxt"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 10\n', encoding="utf-8")
    (found,) = lint(solver).findings
    assert (found.rule, Path(found.path).name) == ("lfs-pointer", "net.prototxt")


def test_the_weights_file_of_an_onnx_model(repository: Path) -> None:
    (repository / "models" / "net.onnx_data").write_text(POINTER, encoding="utf-8")
    path = repository / "models" / "net.onnxtxt"
    path.write_text(
        '<ir_version: 8, opset_import: ["": 17]>\n'
        "g (float[2,4] x) => (float[2,4] y)\n"
        '<float[4] v = ["location": "net.onnx_data", "length": "16"],\n'
        ' float[4] w = ["location": "net.onnx_data", "offset": "4096", "length": "16"]>\n'
        "{\n  h = Mul(x, w)\n  y = Add(h, v)\n}\n",
        encoding="utf-8",
    )
    report = lint(path, read_weights=True)
    assert [told(finding) for finding in report.findings] == [
        ("lfs-pointer", "info", 3, 2, f"tensors `v`, `w`: `net.onnx_data` is a {MISSING}", "run `git lfs pull --include=models/net.onnx_data`")
    ]  # fmt: skip
    assert report.exit_code == 0


def test_what_was_kept_of_a_run_does_not_outlive_the_download(repository: Path) -> None:
    path = repository / "net.onnxtxt"
    path.write_text(
        '<ir_version: 8, opset_import: ["": 17]>\n'
        'g (float[2,4] x) => (float[2,4] y) <float[4] w = ["location": "w.bin", "offset": "0", "length": "16"]> { y = Mul(x, w) }\n',
        encoding="utf-8",
    )
    data = repository / "w.bin"
    data.write_text(POINTER, encoding="utf-8")
    first, again = (netlint("net.onnxtxt", cwd=repository).stdout for _ in range(2))
    assert first == again
    assert "run `git lfs pull --include=w.bin`" in first
    (repository / ".git").rmdir()
    assert "it lies in no Git repository" in netlint("net.onnxtxt", cwd=repository).stdout
    data.write_bytes(bytes(16))
    assert netlint("net.onnxtxt", cwd=repository).stdout == "no findings in 1 file\n"


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="links are always followed here")
def test_a_link_beside_a_model_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text(POINTER, encoding="utf-8")
    (tmp_path / "link").symlink_to("secret")
    assert lfs.pointer_beside(str(tmp_path / "secret"))
    assert lfs.pointer_beside(str(tmp_path / "link")) == b""


def test_show_says_what_is_missing(repository: Path) -> None:
    (repository / "big.onnx").write_text(POINTER, encoding="utf-8")
    run = netlint("show", "big.onnx", cwd=repository)
    assert (run.returncode, run.stderr) == (2, f"netlint: big.onnx: the file is a {MISSING}: it was not linted\n")


def test_outside_of_a_repository_there_is_nothing_to_pull_from(tmp_path: Path) -> None:
    path = tmp_path / "big.onnx"
    path.write_text(POINTER, encoding="utf-8")
    (found,) = lint(path).findings
    assert found.fix is not None
    assert found.fix.title == (
        "download the real file: it lies in no Git repository, where `git lfs pull` would fetch it"
    )


@pytest.mark.parametrize(
    ("size", "says"),
    [
        ("size 99\n", "99 bytes are"),
        ("size 12345\n", "12.3 kB are"),
        ("size 4900000000\n", "4.9 GB are"),
        ("size many\n", "the content is"),
        ("", "the content is"),
    ],
)
def test_the_size_is_that_of_the_real_file(size: str, says: str) -> None:
    found = lfs.problem(File("m.onnx", f"version https://git-lfs.github.com/spec/v1\noid sha256:0\n{size}".encode()))
    assert found is not None
    assert found.message == f"the file is a Git LFS pointer, {says} not downloaded: it was not linted"
    assert found.remedy == "run `git lfs pull` in the repository that the file is from"


@pytest.fixture
def git(tmp_path: Path) -> Callable[..., None]:
    """Runs git with nothing of this machine's configuration: neither its names, nor its filters, nor its hooks."""
    environment = {
        **os.environ,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": str(tmp_path / "gitconfig"),
        "GIT_LFS_SKIP_SMUDGE": "1",
    }
    environment |= {
        f"GIT_{role}_{field}": "t@example.org" for role in ("AUTHOR", "COMMITTER") for field in ("NAME", "EMAIL")
    }

    def run(folder: Path, *arguments: str) -> None:
        subprocess.run(["git", *arguments], cwd=folder, env=environment, check=True, capture_output=True, timeout=60)

    return run


def has_git_lfs() -> bool:
    try:
        return subprocess.run(["git", "lfs", "version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


@pytest.mark.skipif(not has_git_lfs(), reason="git-lfs is not installed")
@pytest.mark.parametrize("name", ["nets/broken.prototxt", "nets/a b, [1] 'q'.prototxt"])
def test_the_command_of_the_message_fetches_the_file(name: str, tmp_path: Path, git: Callable[..., None]) -> None:
    """A real clone of a real LFS repository; the model's command is run as it is printed."""
    origin, work, clone = (tmp_path / folder for folder in ("origin.git", "work", "clone"))
    origin.mkdir()
    work.mkdir()
    git(work, "lfs", "install", "--skip-repo")
    git(origin, "init", "--bare", "-q", "-b", "main")
    git(work, "init", "-q", "-b", "main")
    git(work, "lfs", "track", "*.prototxt")
    path = work / name
    path.parent.mkdir()
    path.write_text(BROKEN, encoding="utf-8")
    (work / "other.prototxt").write_text(BROKEN, encoding="utf-8")
    git(work, "add", ".")
    git(work, "commit", "-q", "-m", "models")
    git(work, "push", "-q", origin.as_uri(), "main")
    git(tmp_path, "clone", "-q", origin.as_uri(), str(clone))
    size = len(BROKEN.encode())
    (before,) = lint(clone / name).findings
    assert before.message == f"the file is a Git LFS pointer, {size} bytes are not downloaded: it was not linted"
    assert before.fix is not None
    command = shlex.split(before.fix.title.removeprefix("run `").removesuffix("`"))
    # From a folder inside, as people do.
    git(clone / "nets", *command[1:])
    assert [finding.rule for finding in lint(clone / name).findings] == ["double-softmax"]
    assert [finding.rule for finding in lint(clone / "other.prototxt").findings] == ["lfs-pointer"]
