"""The container's recipe: what it copies is there, what it promises holds, and its commands work outside of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.indexes import needs_package_index
from tests.test_cli import BROKEN

ROOT = Path(__file__).parents[1]
#: The recipe's instructions, lines joined: (word, rest).
RECIPE = [
    (line.split(maxsplit=1)[0], line.split(maxsplit=1)[1])
    for line in re.sub(r"\\\n", "", (ROOT / "Dockerfile").read_text(encoding="utf-8")).splitlines()
    if line and not line.startswith("#")
]
#: The last image, which is what users get.
LAST = RECIPE[max(number for number, (word, _) in enumerate(RECIPE) if word == "FROM") :]
COPIED = [path for word, rest in RECIPE if word == "COPY" and "--from" not in rest for path in rest.split()[:-1]]


def test_the_image_runs_netlint_as_nobody_in_particular() -> None:
    last = dict(LAST)
    assert last["USER"] == "10001:10001"
    assert last["ENTRYPOINT"] == '["netlint"]'
    assert last["FROM"].endswith("-slim")
    assert [rest for word, rest in LAST if word == "COPY"] == ["--from=build /opt/netlint /opt/netlint"]


def test_what_is_copied_is_there_and_not_left_out() -> None:
    assert all((ROOT / path).exists() for path in COPIED)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert [line[1:] for line in ignored if line.startswith("!")] == COPIED


@needs_package_index
@pytest.mark.skipif(sys.platform != "linux", reason="the recipe's commands are those of its Debian image")
def test_the_commands_of_the_recipe_work(tmp_path: Path) -> None:
    """In folders of this test instead of a container's."""
    source, target = tmp_path / "src", tmp_path / "opt" / "netlint"
    source.mkdir()
    for path in COPIED:
        copy = shutil.copytree if (ROOT / path).is_dir() else shutil.copy
        copy(ROOT / path, source / path)
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NETLINT_CACHE_DIR")}
    for command in (rest for word, rest in RECIPE if word == "RUN"):
        here = command.replace("/opt/netlint", str(target)).replace("/src", str(source))
        here = re.sub(r"^python ", f"{sys.executable} ", here)
        done = subprocess.run(
            ["sh", "-c", here], env=environment, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
    shutil.rmtree(source)
    assert list((target / "cache").glob("rules-*.json"))
    assert not list(target.glob("lib/python*/site-packages/pip"))
    package = next(target.glob("lib/python*/site-packages/netlint"))
    assert len(list(package.glob("__pycache__/api.*.pyc"))) == 1
    (tmp_path / "net.prototxt").write_text(BROKEN, encoding="utf-8")
    environment |= {"NETLINT_CACHE_DIR": str(target / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [target / "bin" / "netlint", "net.prototxt"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 1
    assert run.stdout.startswith("net.prototxt:2:54: error[double-softmax]")
