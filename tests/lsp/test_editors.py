"""Real editors: Neovim and Emacs open a broken file, show the finding at its line, apply the fix, and show it gone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("pygls", reason="pygls (the extra `lsp`) is not installed")

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent

TEXT = """input: "x" input_shape { dim: 1 dim: 3 dim: 32 dim: 32 }
layer { name: "😀" type: "ReLU" bottom: "x" top: "a" }  # netlint: ignore[double-softmax]
"""
MENDED = 'line layer { name: "😀" type: "ReLU" bottom: "x" top: "a" }'


def surroundings(folder: Path) -> dict[str, str]:
    """A file, and what the editor's script has to know."""
    path = folder / "net.prototxt"
    path.write_text(TEXT, encoding="utf-8")
    command = [sys.executable, "-m", "netlint", "lsp"]
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        # Nothing of the user's own set-up.
        "HOME": str(folder),
        "NETLINT_FILE": str(path),
        "NETLINT_COMMAND": json.dumps(command),
        "NETLINT_RULE": "unused-suppression",
        "NETLINT_WORDS": "the comment silences nothing",
        "NETLINT_TITLE": "remove it",
    }


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=surroundings(folder),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )


@pytest.mark.skipif(shutil.which("nvim") is None, reason="Neovim is not installed (Debian: neovim)")
def test_neovim(tmp_path: Path) -> None:
    script = HERE / "neovim.lua"
    done = run(tmp_path, "nvim", "--headless", "--clean", "-n", "-c", f"luafile {script}")
    assert done.stdout.splitlines() == [
        "found unused-suppression 2 77 netlint",
        "hover # double-softmax",
        "applied remove it",
        MENDED,
        "gone",
    ], done.stderr
    assert done.returncode == 0


@pytest.mark.skipif(shutil.which("emacs") is None, reason="Emacs is not installed (Debian: emacs-nox and elpa-eglot)")
def test_emacs(tmp_path: Path) -> None:
    has_eglot = subprocess.run(
        ["emacs", "--batch", "--eval", "(progn (package-initialize) (require 'eglot))"],
        capture_output=True,
        check=False,
    )
    if has_eglot.returncode:
        pytest.skip("eglot is not installed (Debian: elpa-eglot)")
    done = run(tmp_path, "emacs", "--batch", "-l", str(HERE / "emacs.el"))
    assert done.stdout.splitlines() == [
        "found 2 eglot-warning",
        "applied remove it",
        MENDED,
        "gone",
    ], done.stderr
    assert done.returncode == 0
