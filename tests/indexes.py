"""Whether a package index can be reached: some tests install netlint as users do."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest


@cache
def _reachable() -> bool:
    """Whether pip, as this machine configures it, finds the build system; nothing is installed."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-deps", "--ignore-installed"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    found = subprocess.run([*command, "hatchling"], env=environment, capture_output=True, check=False, timeout=120)
    return found.returncode == 0


@pytest.fixture
def package_index() -> None:
    """Skips the test where no package index can be reached."""
    if not _reachable():
        pytest.skip("no package index can be reached, and the test installs netlint")


needs_package_index = pytest.mark.usefixtures("package_index")
