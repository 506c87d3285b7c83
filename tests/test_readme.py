"""The shop window tells the truth: what it shows is what netlint prints."""

from __future__ import annotations

import re
from pathlib import Path

from netlint.engine.packs import load_rules
from netlint.testing import check_text
from tests.test_cli import netlint

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_output_is_real() -> None:
    command, shown = re.findall(r"```console\n\$ netlint (.*?)\n(.*?)```", README, re.DOTALL)[0]
    assert netlint(*command.split()).stdout == shown


def test_every_rule_is_listed_with_its_page() -> None:
    listed = re.findall(
        r"^\| \[([a-z0-9-]+)\]\((rules/\S+\.md)\) \| (error|warning|info) \| (.+) \|$", README, re.MULTILINE
    )
    assert listed == [
        (rule.name, rule.page, rule.severity, f"{rule.summary}{'' if rule.default else ' (off by default)'}")
        for rule in load_rules()
    ]


def test_the_rule_in_the_readme_works() -> None:
    code = re.findall(r"```python\n(\"\"\"Two dropout.*?)```", README, re.DOTALL)[0]
    namespace: dict[str, object] = {"__name__": "readme"}
    exec(compile(code, "my_rules/house/double_dropout.py", "exec"), namespace)
    assert namespace["double_dropout"].name == "double-dropout"  # type: ignore[attr-defined]


def test_the_suppression_in_the_readme_is_understood() -> None:
    comment = re.findall(r"^layer \{  (# netlint: ignore\[.*)$", README, re.MULTILINE)[0]
    text = (
        f"layer {{  {comment}\n"
        '  name: "up" type: "Deconvolution" bottom: "x" top: "up"\n'
        '  convolution_param { num_output: 2 group: 2 kernel_size: 4 stride: 2 weight_filler { type: "bilinear" } }\n'
        "}\n"
    )
    assert check_text(text, "a.prototxt") == []
