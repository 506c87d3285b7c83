"""Fixes on the public networks: nothing breaks, nothing new is found, and what no edit is about stays."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from netlint import loaders
from netlint.api import Report, lint
from netlint.api_fix import fix
from tests.corpus import CAFFE

FILES = sorted(path for path in CAFFE.rglob("*") if path.is_file() and loaders.recognised(str(path))) if CAFFE else []
_COMMENT = re.compile(rb"#[^\n]*")


def _told(report: Report) -> set[tuple[str, str, str]]:
    return {(finding.path, finding.rule, finding.node) for finding in report.findings}


@pytest.mark.skipif(not FILES, reason="the corpus of Caffe networks is not there")
@pytest.mark.parametrize("unsafe", [False, True], ids=["safe", "unsafe"])
def test_fixes_do_no_harm(unsafe: bool) -> None:
    changed = 0
    for path in FILES:
        done = fix(path, unsafe=unsafe)
        # A file that a solver names is seen by itself, too.
        for change in done.fixed.changes:
            if Path(change.path) != path:
                continue
            changed += 1
            before, after = change.before, change.after
            removed = _removed(before, after)
            assert _COMMENT.findall(after) == _without(_COMMENT.findall(before), _COMMENT.findall(removed)), path
            new = _told(lint(path, unsaved={change.path: after})) - _told(lint(path))
            assert not {told for told in new if told[1] != "unused-suppression"}, path
            again = fix(after, filename=change.path, unsafe=unsafe)
            assert again.fixed.changes == [], path
    assert changed > (60 if not unsafe else 70)


def _removed(before: bytes, after: bytes) -> bytes:
    """The lines that are gone altogether."""
    old, new = before.split(b"\n"), after.split(b"\n")
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    return b"\n".join(b"\n".join(old[begin:end]) for tag, begin, end, _, _ in matcher.get_opcodes() if tag == "delete")


def _without(comments: list[bytes], gone: list[bytes]) -> list[bytes]:
    """Comments in a layer that is removed go with it."""
    left = list(comments)
    for comment in gone:
        left.remove(comment)
    return left
