"""Every rule has a page, every page is a test, and all of them follow the house's conventions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from netlint.api import Options
from netlint.authoring import RuleInfo
from netlint.engine.packs import built_in_folder, load_rules
from netlint.testing import LANGUAGES, blocks, check_page, offers
from tests.nets import report

RULES = load_rules()
PAGES = sorted(built_in_folder().glob("*/*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page(page: Path) -> None:
    assert check_page(page) == []


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert {rule.page_file for rule in RULES} == {str(page) for page in PAGES}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_is_named_for_the_mistake_and_says_what_it_is(rule: object) -> None:
    name, summary = rule.name, rule.summary  # type: ignore[attr-defined]
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name)
    assert not re.match(r"(use|avoid|prefer|check|no|should|must)-", name), "name the mistake, not the cure"
    assert summary.endswith("."), "the first line of the file says what the rule finds"
    assert len(summary) <= 100


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_messages_start_low_and_have_no_full_stop(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        for finding in report(block.text).findings:
            message = finding.message
            starts_with_a_name = re.match(r"([A-Z]\w+ `|`|[A-Z]\w+(Parameter|Loss)\b|Caffe|BVLC|\d+ `)", message)
            assert message[0].islower() or starts_with_a_name, message
            assert not message.endswith("."), message
            if finding.fix is not None:
                assert not finding.fix.title.endswith("."), finding.fix.title
                assert finding.fix.title[0].islower() or finding.fix.title[0] == "`", finding.fix.title


#: What their fixes need stands beside the file: no page can show it.
UNSHOWN = {"solver-net-missing"}


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule.fixes], ids=lambda rule: rule.name)
def test_what_a_rule_declares_to_fix_its_page_shows(rule: RuleInfo) -> None:
    page = Path(rule.page_file).read_text(encoding="utf-8")
    shown: set[str] = set()
    for block in blocks(page):
        name = f"{rule.name.replace('-', '_')}_{block.line}{LANGUAGES[block.language]}"
        shown |= offers(block.text, rule, name, Options(extend_select=(rule.name,)))
    assert shown or rule.name in UNSHOWN
    assert shown <= set(rule.fixes)
