"""`--watch` in a process of its own, with real changes of real files."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.test_packs import OWN_RULE, pack
from tests.test_cli import BROKEN, CLEAN, netlint

pytest.importorskip("watchfiles")

ROOT = Path(__file__).parents[1]
FOUND = "error[double-softmax]"


class Watching:
    """A run that goes on."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "netlint", "check", "--watch", "--output-format", "concise", *arguments],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())

    def told(self) -> list[str]:
        """`path: rule` of every finding of the next run, and its last line without what never changes."""
        lines: list[str] = []
        while not lines or not lines[-1].endswith("; Ctrl-C ends"):
            lines.append(self._lines.get(timeout=20))
        last = lines.pop().removeprefix("netlint: ").removesuffix("; Ctrl-C ends")
        return [f"{line.partition(':')[0]}: {line.partition('[')[2].partition(']')[0]}" for line in lines] + [last]

    def is_silent(self, seconds: float) -> bool:
        time.sleep(seconds)
        return self._lines.empty()

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(10)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def zoo(tmp_path: Path) -> Path:
    folder = tmp_path / "zoo"
    (folder / "nets").mkdir(parents=True)
    (folder / "nets" / "a.prototxt").write_text(BROKEN, encoding="utf-8")
    (folder / "nets" / "b.prototxt").write_text(CLEAN, encoding="utf-8")
    return folder


@pytest.fixture
def watching(zoo: Path) -> Iterator[Watching]:
    run = Watching(zoo, "nets", "--output", "json:nets/report.json")
    yield run
    run.close()


def test_changes_are_linted_until_an_interrupt(zoo: Path, watching: Watching) -> None:
    first = "nets/a.prototxt: double-softmax"
    assert watching.told() == [first, "watching 2 files, exit code 1"]
    # A file is written beside its place and moved there, as editors do.
    (zoo / "nets" / "new").write_text(BROKEN, encoding="utf-8")
    (zoo / "nets" / "new").replace(zoo / "nets" / "b.prototxt")
    assert watching.told() == [first, "nets/b.prototxt: double-softmax", "watching 2 files, exit code 1"]
    (zoo / "nets" / "a.prototxt").write_text(CLEAN, encoding="utf-8")
    assert watching.told() == ["nets/b.prototxt: double-softmax", "watching 2 files, exit code 1"]
    (zoo / "nets" / "b.prototxt").unlink()
    assert watching.told() == ["watching 1 file, exit code 0"]
    # Neither a log nor the report that the run itself writes.
    (zoo / "nets" / "train.log").write_text("epoch 1", encoding="utf-8")
    assert watching.is_silent(1.0)
    (zoo / "nets" / "deep").mkdir()
    watching.told()
    (zoo / "nets" / "deep" / "c.prototxt").write_text(BROKEN, encoding="utf-8")
    assert watching.told() == ["nets/deep/c.prototxt: double-softmax", "watching 2 files, exit code 1"]
    assert watching.end() == 130


def test_a_configuration_that_is_being_written(zoo: Path, watching: Watching) -> None:
    watching.told()
    (zoo / ".netlint.yaml").write_text("ignore: [double-softmax]\n", encoding="utf-8")
    assert watching.told() == ["watching 2 files, exit code 0"]
    (zoo / ".netlint.yaml").write_text("ignor: [double-softmax]\n", encoding="utf-8")
    assert watching.told() == [".netlint.yaml: `ignor` is no setting: did you mean `ignore`?"]
    (zoo / ".netlint.yaml").unlink()
    assert watching.told() == ["nets/a.prototxt: double-softmax", "watching 2 files, exit code 1"]
    assert watching.end() == 130


def test_a_net_elsewhere_that_a_solver_names(zoo: Path) -> None:
    (zoo / "solvers").mkdir()
    (zoo / "solvers" / "s.prototxt").write_text('net: "nets/a.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\n')
    run = Watching(zoo, "solvers", "--select", "double-softmax")
    try:
        lines = run.told()
        assert lines == ["nets/a.prototxt: double-softmax"] * (len(lines) - 1) + ["watching 1 file, exit code 1"]
        (zoo / "nets" / "a.prototxt").write_text(CLEAN, encoding="utf-8")
        assert run.told() == ["watching 1 file, exit code 0"]
        assert run.end() == 130
    finally:
        run.close()


def test_a_rule_that_is_being_written(zoo: Path, tmp_path: Path) -> None:
    folder = pack(tmp_path / "pack")
    (zoo / "nets" / "a.prototxt").write_text(
        'layer { name: "c" type: "Convolution" bottom: "x" top: "c"\n convolution_param { num_output: 1 kernel_size: 5 } }',
        encoding="utf-8",
    )
    run = Watching(zoo, "nets", "--select", "house", "--rule-pack", "../pack")
    try:
        assert run.told() == ["nets/a.prototxt: large-kernel", "watching 2 files, exit code 1"]
        pack(folder, text=OWN_RULE.replace("(5, 5)", "(7, 7)"))
        assert run.told() == ["watching 2 files, exit code 0"]
        pack(folder, text=OWN_RULE.replace("yield", "yeld"))
        assert "SyntaxError" in run.told()[-1]
        assert run.end() == 130
    finally:
        run.close()


def test_what_cannot_be_watched(zoo: Path) -> None:
    for arguments in (("-",), ("nets", "--add-suppressions")):
        run = netlint("check", "--watch", *arguments, cwd=zoo)
        assert run.returncode == 2
        assert "--watch reads files again and again: no standard input, and no --add-suppressions" in run.stderr
    (zoo / ".netlint.yaml").write_text("ignor: []\n", encoding="utf-8")
    run = netlint("check", "--watch", "nets", cwd=zoo)
    assert run.returncode == 2
    assert "`ignor` is no setting" in run.stderr


def test_without_the_library_it_says_what_to_install(zoo: Path) -> None:
    code = (
        "import sys; sys.modules['watchfiles'] = None; from netlint.cli import run; sys.exit(run(['--watch', 'nets']))"
    )
    run = netlint(code=code, cwd=zoo)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "Error: --watch needs watchfiles: run `pip install 'nn-netlint[watch]'`\n"
