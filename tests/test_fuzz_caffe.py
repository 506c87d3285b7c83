"""Two thousand mutated definitions in four processes; `NETLINT_FUZZ=100000` is the nightly setting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COUNT = int(os.environ.get("NETLINT_FUZZ", "2000"))


@pytest.mark.skipif(os.name != "posix", reason="patience and memory are measured the POSIX way")
@pytest.mark.parametrize("seed", range(4))
def test_mutants_are_answered(seed: int, tmp_path: Path) -> None:
    options = ["--count", str(COUNT // 4), "--seed", str(seed), "--keep", str(tmp_path / "mutant.prototxt")]
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz_caffe", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
