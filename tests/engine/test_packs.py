"""Rule packs: found, loaded, validated; the built-in one is a pack like any other."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from netlint import Context, Finding, Model
from netlint.authoring import Rule, rule
from netlint.engine.packs import PackError, built_in_folder, load_folder, load_rules, validate

ROOT = Path(__file__).parents[2]

OWN_RULE = '''"""Five by five kernels are forbidden here."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule


@rule(severity="warning", on=("Conv",))
def large_kernel(node: Node, ctx: Context) -> Iterator[Finding]:
    kernel = node.attrs["kernel_shape"]
    if kernel.value == (5, 5):
        yield ctx.finding(kernel, f"{node.label} has a 5x5 kernel", node=node)
'''


def pack(folder: Path, name: str = "large_kernel", text: str = OWN_RULE) -> Path:
    (folder / "house").mkdir(parents=True, exist_ok=True)
    (folder / "house" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def test_a_users_folder_is_a_pack(tmp_path: Path) -> None:
    from netlint import Options, lint

    text = 'layer { name: "c" type: "Convolution" bottom: "x" top: "c"\n convolution_param { num_output: 1 kernel_size: 5 } }'
    report = lint(f"{text}\n", filename="a.prototxt", options=Options(select=("house",), rule_packs=(pack(tmp_path),)))
    assert [(found.rule, found.severity, found.line, found.column, found.message) for found in report.findings] == [
        ("large-kernel", "warning", 2, 49, "Convolution `c` has a 5x5 kernel")
    ]


def test_the_built_in_pack_loads_as_a_stranger(tmp_path: Path) -> None:
    shutil.copytree(built_in_folder(), tmp_path / "copy", ignore=shutil.ignore_patterns("__pycache__"))
    copied = load_folder(tmp_path / "copy", "copied_rules")
    assert {item.name for item in copied} == {item.name for item in load_rules()}


def test_a_file_without_its_rule_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no rule named `other`"):
        load_folder(pack(tmp_path, "other"), "pack_without_rule")


def test_a_file_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackError, match=r"broken\.py: ZeroDivisionError: division by zero"):
        load_folder(pack(tmp_path, "broken", "1 / 0\n"), "pack_that_fails")


def silent(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ()


def make(name: str, **options: object) -> Rule:
    silent.__name__ = name
    return rule(severity="info", **options)(silent)  # type: ignore[arg-type]


def test_two_rules_of_one_name_are_refused() -> None:
    with pytest.raises(PackError, match="two rules are named `same`"):
        validate([make("same"), make("same")])


def test_giving_way_to_nobody_is_refused() -> None:
    with pytest.raises(PackError, match="`polite` gives way to `nobody`, which is no rule"):
        validate([make("polite", unless=("nobody",))])


CIRCULAR = '''"""Which was first."""

from collections.abc import Iterator

from netlint import Context, Fact, Finding, Model, rule


class Hen(Fact):
    pass


class Egg(Fact):
    needs = (Hen,)


Hen.needs = (Egg,)


@rule(severity="info", needs=(Hen,))
def circular(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ()
'''


def test_facts_that_need_each_other_are_refused(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="`circular` needs facts that need each other: Hen -> Egg -> Hen"):
        load_folder(pack(tmp_path, "circular", CIRCULAR), "pack_in_a_circle")


def test_an_installed_plugin_is_found(tmp_path: Path) -> None:
    site = tmp_path / "site"
    pack(site / "house_rules")
    (site / "house_rules" / "__init__.py").write_text("", encoding="utf-8")
    info = site / "house_rules-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: house-rules\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[netlint.rules]\nhouse = house_rules\n", encoding="utf-8")
    listed = subprocess.run(
        [sys.executable, "-m", "netlint", "rules"],
        env={**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "large-kernel" in listed
