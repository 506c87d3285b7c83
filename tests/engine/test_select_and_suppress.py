"""Choosing rules, and comments that silence them."""

from __future__ import annotations

import pytest

from netlint.engine.packs import load_rules
from netlint.engine.select import UnknownRule, refuse_unknown, select
from tests.nets import report

RULES = load_rules()


def names(**choice: tuple[str, ...]) -> set[str]:
    return {rule.name for rule in select(RULES, **choice)}


def test_the_default_is_every_rule_that_is_on() -> None:
    assert names() == {rule.name for rule in RULES if rule.default}


def test_names_and_families_choose() -> None:
    assert names(only=("double-softmax",)) == {"double-softmax"}
    assert names(only=("shapes",)) == {rule.name for rule in RULES if rule.family == "shapes"}
    assert "double-softmax" not in names(ignore=("loss",))
    assert names(only=("loss",), ignore=("double-softmax",)) == names(only=("loss",)) - {"double-softmax"}
    assert names(only=("all",)) == {rule.name for rule in RULES}


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(UnknownRule, match=r"`double-sofmax`: did you mean `double-softmax`\?"):
        refuse_unknown(RULES, ("loss", "double-sofmax"))


SOFTMAX = 'layer { name: "p" type: "Softmax" bottom: "x" top: "p" }\n'
LOSS = """layer {{ {first}
  name: "loss" type: "SoftmaxWithLoss"
  bottom: "p" {second}
  bottom: "label"
}}
"""


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("", "", ["double-softmax"]),
        ("# netlint: ignore[double-softmax] on purpose", "", []),
        ("", "# netlint: ignore[double-softmax] on purpose", []),
        ("", "# netlint: ignore[unknown-bottom, double-softmax]", []),
        ("# netlint: ignore[unknown-bottom]", "", ["double-softmax"]),
        ("# ignore[double-softmax]", "", ["double-softmax"]),
    ],
)
def test_a_comment_on_the_line_or_on_the_layers_first_line_silences(first: str, second: str, found: list[str]) -> None:
    text = SOFTMAX + LOSS.format(first=first, second=second)
    assert [item.rule for item in report(text, select=("double-softmax",)).findings] == found
