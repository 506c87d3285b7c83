"""The page about output formats shows what the command prints."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from netlint.output.formats import NAMES
from tests.test_cli import netlint

PAGE = (Path(__file__).parents[1] / "docs" / "output.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ netlint (.*?)\n(.*?)```", PAGE, re.DOTALL)


def test_every_format_has_a_row_and_a_part() -> None:
    assert re.findall(r"^\| `([a-z-]+)` \|", PAGE, re.MULTILINE) == list(NAMES)
    assert [title for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE) if title in NAMES] == list(NAMES)


@pytest.mark.parametrize(("command", "shown"), EXAMPLES, ids=[command.split()[-1] for command, _ in EXAMPLES])
def test_the_examples_are_real(command: str, shown: str) -> None:
    assert netlint(*command.split()).stdout == shown


def test_the_sarif_result_is_real() -> None:
    (shown,) = re.findall(r"One result:\n\n```json\n(.*?)```", PAGE, re.DOTALL)
    printed = netlint(
        "fixtures/readme/lenet.prototxt", "--select", "one-unit-classifier", "--output-format", "sarif"
    ).stdout
    assert json.loads(shown) == json.loads(printed)["runs"][0]["results"][0]
