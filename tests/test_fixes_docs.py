"""The page about fixes tells what the rules and the command do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netlint
from netlint.engine.packs import load_rules
from tests.test_cli import netlint as command

PAGE = (Path(__file__).parents[1] / "docs" / "fixes.md").read_text(encoding="utf-8")


def test_the_table_holds_every_rule_that_fixes() -> None:
    rows = re.findall(r"^\| \[([a-z0-9-]+)\]\(\.\./(rules/\S+\.md)\) \| (yes|) ?\| (yes|) ?\|$", PAGE, re.MULTILINE)
    assert rows == [
        (rule.name, rule.page, "yes" if "safe" in rule.fixes else "", "yes" if "unsafe" in rule.fixes else "")
        for rule in load_rules()
        if rule.fixes
    ]


def test_every_option_is_one_of_the_command() -> None:
    options = set(re.findall(r"--[a-z][a-z-]+", PAGE)) - {"--stdin-filename"}
    told = command("check", "--help").stdout
    assert [option for option in sorted(options) if option not in told] == []


def test_the_library_fixes_and_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    (tmp_path / "models").mkdir()
    path = tmp_path / "models" / "net.prototxt"
    filler = 'weight_filler { type: "xavier" std: 1 }'
    path.write_text(
        f'layer {{ name: "fc" type: "InnerProduct" bottom: "x" top: "fc" inner_product_param {{ num_output: 5 {filler} }} }}\n',
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    space: dict[str, object] = {}
    exec(compile(code, "docs/fixes.md", "exec"), space)
    done = space["done"]
    assert isinstance(done, netlint.FixReport)
    assert [finding.rule for finding in done.fixed.mended] == ["ignored-filler-field"]
    assert done.report.findings == []
    assert path.read_text(encoding="utf-8").count("std") == 0
