"""The index of a rule pack: right or not used at all, and rules without work are not imported."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from netlint.authoring import Rule
from netlint.engine import cache
from netlint.engine.packs import built_in_folder, load_folder, rule_of
from tests.engine.test_packs import OWN_RULE, pack

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("NETLINT_CACHE_DIR", str(folder))
    return folder


def test_the_second_time_nothing_is_imported(tmp_path: Path) -> None:
    folder = pack(tmp_path / "pack")
    (first,) = load_folder(folder, "pack_once")
    (second,) = load_folder(folder, "pack_once")
    assert (type(first), type(second)) == (Rule, type(first).__mro__[1])
    told = [(info.name, info.severity, info.on, info.summary, info.page, info.page_file) for info in (first, second)]
    assert told[0] == told[1]
    assert rule_of(second) is first


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    folder = pack(tmp_path / "pack")
    load_folder(folder, "pack_before")
    pack(folder, text=OWN_RULE.replace("warning", "error"))
    del sys.modules["pack_before.house.large_kernel"]
    (again,) = load_folder(folder, "pack_before")
    assert again.severity == "error"


@pytest.mark.parametrize("content", ["", "{", "[]", '{"of": null}', '{"of": 1, "rules": 2}', "\x00"])
def test_a_damaged_index_is_not_used(tmp_path: Path, own_cache: Path, content: str) -> None:
    folder = pack(tmp_path / "pack")
    load_folder(folder, "pack_damaged")
    (kept,) = own_cache.iterdir()
    kept.write_text(content, encoding="utf-8")
    assert [info.name for info in load_folder(folder, "pack_damaged")] == ["large-kernel"]
    assert json.loads(kept.read_text(encoding="utf-8"))["rules"][0]["name"] == "large-kernel"


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("", encoding="utf-8")
    monkeypatch.setenv("NETLINT_CACHE_DIR", str(blocked / "cache"))
    assert [info.name for info in load_folder(pack(tmp_path / "pack"), "pack_unkept")] == ["large-kernel"]


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/x"}, os.path.join("/x", "netlint")),
        ("linux", {"HOME": "/h"}, os.path.join("/h", ".cache", "netlint")),
        ("darwin", {"HOME": "/h"}, os.path.join("/h", "Library", "Caches", "netlint")),
        ("win32", {"LOCALAPPDATA": "/l"}, os.path.join("/l", "netlint")),
        ("linux", {"NETLINT_CACHE_DIR": "/c", "XDG_CACHE_HOME": "/x"}, "/c"),
    ],
)
def test_the_systems_folder_for_caches(
    monkeypatch: pytest.MonkeyPatch, platform: str, variables: dict[str, str], expected: str
) -> None:
    for name in ("NETLINT_CACHE_DIR", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert cache.folder() == expected


def test_rules_without_work_are_not_imported(own_cache: Path) -> None:
    code = (
        "import sys; from netlint import lint; "
        "lint('fixtures/caffe/lenet.prototxt'); "
        "print(*sorted(name for name in sys.modules if name.startswith('netlint.rules.')))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
        for _ in range(2)
    ]
    assert "netlint.rules.shapes.group_not_dividing" in runs[0]
    assert "netlint.rules.shapes.group_not_dividing" not in runs[1]
    assert "netlint.rules.numerics.log_of_softmax" not in runs[1]
    assert "netlint.rules.init.missing_weight_filler" in runs[1]


def _only_tells(path: Path) -> bool:
    """The rule's whole work is to tell what others state."""
    function = next(
        part
        for part in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(part, ast.FunctionDef) and part.name == path.stem
    )
    return all(
        ast.unparse(step).startswith(("yield from ctx.problems(", "yield from ctx.tell(")) for step in function.body
    )


@pytest.mark.parametrize("info", load_folder(built_in_folder(), "netlint.rules"), ids=lambda info: str(info.name))
def test_what_only_tells_says_so(info: Rule) -> None:
    path = Path(info.page_file).with_suffix(".py")
    assert info.stated == (_only_tells(path) and not info.on)


def test_what_speaks_of_learning_is_not_asked_about_a_finished_model() -> None:
    code = (
        "import sys; from netlint import lint; "
        'lint(\'<ir_version: 8, opset_import: ["": 17]> g (float[1,2] x) => (float[1,2] y) '
        "<float[2,2] w = {1,2,3,4}> { a = Gemm(x, w)\\n y = Relu(a) }', filename='a.onnxtxt'); "
        "print(*sorted(name for name in sys.modules if name.startswith('netlint.rules.')))"
    )
    for _ in range(2):
        run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "netlint.rules.init.constant_init_symmetry" not in run.stdout.split()
    assert "netlint.rules.efficiency.dead_node" in run.stdout.split()
