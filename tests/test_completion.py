"""Completion as users meet it: a shell on a terminal, and the tab key."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

_START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "--interactive"],
}
_SETUP = {
    "bash": "PS1='ready> '; bind 'set enable-bracketed-paste off'; source ./script\n",
    "zsh": "PS1='ready> '; autoload -U compinit; compinit -u -D; source ./script\n",
    "fish": "function fish_prompt; echo 'ready> '; end; source ./script\n",
}


class Terminal:
    """A shell with netlint's completion."""

    def __init__(self, shell: str, folder: Path) -> None:
        commands = folder / "bin"
        commands.mkdir()
        (commands / "netlint").write_text(f'#!/bin/sh\nexec {sys.executable} -m netlint "$@"\n', encoding="utf-8")
        (commands / "netlint").chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-m", "netlint", "completion", shell], stdout=subprocess.PIPE, check=True, env=_env(folder)
        )
        (folder / "script").write_bytes(done.stdout)
        self.process, self.terminal = self._started(shell, folder)
        self.send(_SETUP[shell])
        self.until("ready> ")
        time.sleep(0.3)
        self.until("")

    @staticmethod
    def _started(shell: str, folder: Path) -> tuple[subprocess.Popen[bytes], int]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(
            # With a terminal of its own, as a person's shell has it.
            ["setsid", "--ctty", *_START[shell]],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=_env(folder),
        )
        os.close(theirs)
        return process, ours

    def send(self, keys: str) -> None:
        os.write(self.terminal, keys.encode())

    def until(self, word: str) -> str:
        """What the shell writes until a word stands in it."""
        text, end = "", time.monotonic() + 20
        while time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                text += os.read(self.terminal, 65536).decode("utf-8", "replace")
                text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()=>][A-Z0-9]?", "", text)
            elif word in text:
                return text
        raise AssertionError(f"{word!r} is not in {text!r}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.terminal)


def _env(folder: Path) -> dict[str, str]:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    # Terminals that say they can do nothing are asked nothing.
    return {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TERM": "dumb", "HOME": str(folder), "COLUMNS": "200"}


@pytest.mark.parametrize("shell", _START)
def test_the_tab_key(shell: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    (tmp_path / "networks").mkdir()
    (tmp_path / "networks" / "alexnet.prototxt").write_text("", encoding="utf-8")
    terminal = Terminal(shell, tmp_path)
    try:
        for typed, wanted in (
            ("netlint expl\t", "explain "),
            ("netlint --sel\t", "--select "),
            ("netlint explain missing-act\t", "missing-activation "),
            ("netlint check --select double-softmax,missing-act\t", "double-softmax,missing-activation"),
            ("netlint --ignore dead-zero-\t", "dead-zero-init "),
            ("netlint check --output-format sar\t", "sarif "),
            ("netlint check netw\t", "networks/"),
            ("netlint networks/al\t", "networks/alexnet.prototxt"),
            ("netlint completion z\t", "zsh "),
        ):
            terminal.send(typed)
            terminal.until(wanted)
            terminal.send("\x15")
            terminal.until("")
    finally:
        terminal.end()


def test_every_shell_has_a_script_and_others_are_named() -> None:
    for shell in _START:
        done = subprocess.run(
            [sys.executable, "-m", "netlint", "completion", shell], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert f"_NETLINT_COMPLETE={shell}_complete" in done.stdout
    done = subprocess.run(
        [sys.executable, "-m", "netlint", "completion", "tcsh"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "'tcsh' is not one of 'bash', 'zsh', 'fish'" in done.stderr
