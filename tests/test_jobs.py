"""Files in parallel processes, through the command: the same run, whatever happens to a process."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netlint.engine.packs import built_in_folder
from netlint.output.formats import NAMES
from netlint.testing import LANGUAGES, blocks
from tests.test_cli import BROKEN, netlint

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "fixtures"

#: Does to its process what a net's name says.
RULE = '''"""A rule that ends its process."""

import os
import signal
import time
from collections.abc import Iterator

from netlint import Context, Finding, Model, rule


@rule(severity="info")
def ends_it_all(model: Model, ctx: Context) -> Iterator[Finding]:
    if model.name == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if model.name == "crashed":
        os.kill(os.getpid(), signal.SIGSEGV)
    if model.name == "left":
        os._exit(3)
    if model.name == "greedy":
        raise MemoryError
    if model.name == "slow":
        time.sleep(60)
    yield ctx.finding(None, f"{model.name} was reached")
'''


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    folder = tmp_path / "pack" / "house"
    folder.mkdir(parents=True)
    (folder / "ends_it_all.py").write_text(RULE, encoding="utf-8")
    return folder.parent


def net(name: str) -> str:
    return f'name: "{name}"\nlayer {{ name: "x" type: "Input" top: "x" input_param {{ shape {{ dim: 1 dim: 3 }} }} }}\n'


@pytest.fixture(scope="module")
def zoo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The fixtures and every example of the rules' pages, some of them twice, and solvers that name others."""
    folder = tmp_path_factory.mktemp("zoo")
    shutil.copytree(FIXTURES, folder / "fixtures")
    for page in sorted(built_in_folder().glob("*/*.md")):
        for block in blocks(page.read_text(encoding="utf-8")):
            path = folder / "pages" / page.parent.name / f"{page.stem}_{block.line}{LANGUAGES[block.language]}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")
    more = folder / "more"
    (more / "deep").mkdir(parents=True)
    (more / "deep" / ".netlint.yaml").write_text(
        "fail-level: info\nseverity: {double-softmax: info}\n", encoding="utf-8"
    )
    for name in ("a_train_val", "a_deploy", "deep/b"):
        (more / f"{name}.prototxt").write_text(BROKEN, encoding="utf-8")
    (more / "solver.prototxt").write_text('net: "deep/b.prototxt"\nbase_lr: 100\n', encoding="utf-8")
    (more / "lone.prototxt").write_text('net: "nowhere.prototxt"\n', encoding="utf-8")
    (more / "silent.prototxt").write_text(f"# netlint: ignore[dead-relu]\n{BROKEN}", encoding="utf-8")
    (more / "other.prototxt").write_text('net: "silent.prototxt"\n', encoding="utf-8")
    (more / "crlf.prototxt").write_bytes("# ä\r\n".encode() + BROKEN.replace("\n", "\r\n").encode())
    document = (FIXTURES / "keras" / "squeeze_excitation_collapse.json").read_text(encoding="utf-8")
    # One long line.
    (more / "long.json").write_text(json.dumps(json.loads(re.sub(r"//[^\n]*", "", document))), encoding="utf-8")
    (more / "unreadable").symlink_to("nowhere.prototxt")
    (more / "dangling.prototxt").symlink_to("nowhere.prototxt")
    return folder


def outputs(zoo: Path, name: str, *options: str) -> tuple[int, str, dict[str, bytes]]:
    """Exit code, standard error, and what each format is given."""
    folder = zoo.parent / name
    folder.mkdir()
    written = [argument for form in NAMES for argument in ("--output", f"{form}:{folder / form}")]
    run = netlint("fixtures", "pages", "more", "--extend-select", "all", *written, *options, cwd=zoo)
    return run.returncode, run.stderr, {form: (folder / form).read_bytes() for form in NAMES}


def test_processes_and_earlier_findings_change_no_byte(zoo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NETLINT_CACHE_DIR", str(zoo.parent / "cache"))
    alone = outputs(zoo, "alone", "-j", "1", "--no-cache")
    assert alone[0] == 2
    assert "more/dangling.prototxt: No such file or directory" in alone[1]
    assert len(json.loads(alone[2]["json"])["findings"]) > 300
    assert outputs(zoo, "together", "--jobs=2", "--no-cache") == alone
    assert outputs(zoo, "cold", "-j", "2") == alone
    assert outputs(zoo, "warm", "-j", "1") == alone
    assert outputs(zoo, "auto") == alone


def test_baselines_are_the_same(zoo: Path, tmp_path: Path) -> None:
    written = []
    for jobs in ("1", "2"):
        path = tmp_path / f"baseline{jobs}.json"
        netlint("more", "pages", "--write-baseline", str(path), "-j", jobs, "--no-cache", cwd=zoo)
        written.append(path.read_bytes())
        run = netlint("more", "pages", "--baseline", str(path), "-j", "2", "--output-format", "concise", cwd=zoo)
        assert run.stdout == ""
    assert written[0] == written[1]


def test_whoever_writes_into_files_gets_their_texts(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.prototxt").write_text(BROKEN, encoding="utf-8")
    assert netlint(".", "-j", "2", cwd=tmp_path).returncode == 1
    run = netlint(".", "-j", "2", "--add-suppressions=old", cwd=tmp_path)
    assert (run.returncode, run.stderr) == (0, "netlint: silenced 3 findings in 3 files\n")
    assert netlint(".", cwd=tmp_path).returncode == 0


def test_a_process_that_ends_costs_its_file_alone(tmp_path: Path, pack: Path) -> None:
    for name in ("crashed", "fine", "greedy", "killed", "left", "other"):
        (tmp_path / f"{name}.prototxt").write_text(net(name), encoding="utf-8")
    run = netlint(
        ".", "-j", "2", "--rule-pack", str(pack), "--select", "house", "--output-format", "concise", cwd=tmp_path
    )
    assert run.returncode == 2
    assert run.stderr.splitlines() == [
        "netlint: ./crashed.prototxt: the process that linted it was ended by SIGSEGV: it crashed",
        "netlint: ./killed.prototxt: the process that linted it was ended by SIGKILL, perhaps for want of memory",
        "netlint: ./left.prototxt: the process that linted it ended with exit code 3",
    ]
    found = run.stdout.splitlines()
    assert [line for line in found if "internal-error" not in line] == [
        "./fine.prototxt:1:1: info[ends-it-all] fine was reached",
        "./other.prototxt:1:1: info[ends-it-all] other was reached",
    ]
    assert next(line for line in found if "internal-error" in line).startswith(
        "./greedy.prototxt:1:1: error[internal-error] rule `ends-it-all` failed on greedy (TEST): MemoryError"
    )
    again = netlint(
        ".", "-j", "2", "--rule-pack", str(pack), "--select", "house", "--output-format", "concise", cwd=tmp_path
    )
    assert (again.returncode, again.stdout, again.stderr) == (2, run.stdout, run.stderr)


def test_an_interrupt_ends_all_processes(tmp_path: Path, pack: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.prototxt").write_text(net("slow"), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "netlint", ".", "-j", "2", "--rule-pack", str(pack), "--no-cache"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.parent.is_dir():
        process.kill()
        pytest.skip("this system does not tell the children of a process")
    workers: list[str] = []
    while len(workers) < 2:
        time.sleep(0.1)
        tasks = Path(f"/proc/{process.pid}/task").iterdir()
        workers = [child for task in tasks for child in (task / "children").read_text().split()]
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    start = time.monotonic()
    out, err = process.communicate(timeout=20)
    assert time.monotonic() - start < 5
    assert (process.returncode, out, err) == (130, b"", b"\nnetlint: interrupted\n")
    assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_a_wrong_configuration_ends_the_run_as_with_one_job(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.prototxt").write_text(BROKEN, encoding="utf-8")
    (tmp_path / "b" / ".netlint.yaml").write_text("ignor: []\n", encoding="utf-8")
    runs = [netlint(".", "-j", jobs, cwd=tmp_path) for jobs in ("1", "2")]
    assert [(run.returncode, run.stdout) for run in runs] == [(2, "")] * 2
    assert runs[0].stderr == runs[1].stderr
    assert "`ignor` is no setting: did you mean `ignore`?" in runs[0].stderr


@pytest.mark.parametrize("jobs", ["0", "-1", "many", "513"])
def test_a_number_of_jobs_that_is_none(jobs: str, tmp_path: Path) -> None:
    run = netlint("check", "-j", jobs, ".", cwd=tmp_path)
    assert run.returncode == 2
    assert f"'{jobs}' is neither a number from 1 to 512 nor `auto`" in run.stderr


def test_the_files_that_would_be_linted(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.prototxt", "a.onnx", "sub/c.json", "notes.txt", ".hidden.pbtxt"):
        (tmp_path / name).write_text('{"class_name": 1}' if name.endswith("json") else BROKEN, encoding="utf-8")
    run = netlint("--show-files", ".", "b.prototxt", cwd=tmp_path)
    assert (run.returncode, run.stdout, run.stderr) == (0, "./a.onnx\n./b.prototxt\n./sub/c.json\n", "")


def test_progress_is_for_terminals(tmp_path: Path) -> None:
    for number in range(60):
        shutil.copyfile(FIXTURES / "torch" / "vit.pt2", tmp_path / f"{number}.pt2")
    command = [sys.executable, "-m", "netlint", ".", "--no-cache", "-j", "1", "--select", "double-softmax"]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "60"}
    ours, theirs = pty.openpty()
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, env=env)
    out = process.communicate(timeout=60)[0]
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert out == b"no findings in 60 files\n"
    assert re.search(r"\r\x1b\[K\d+ of 60 files(, 0:\d\d left)?: \./\d+\.pt2\r\x1b\[K", shown)
    assert shown.endswith("\r\x1b[K")
    quiet = subprocess.run(command, cwd=tmp_path, capture_output=True, env=env, check=True)
    assert (quiet.stdout, quiet.stderr) == (out, b"")
