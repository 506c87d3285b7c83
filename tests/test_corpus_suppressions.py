"""Comments written into real Caffe files: they parse, nothing but comments changes, and what is told is silenced."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from netlint import lint
from netlint.engine.add_suppressions import NEVER, add_suppressions
from netlint.finding import Finding
from tests.corpus import CAFFE, manifest, needs_corpus

pytestmark = needs_corpus

#: Every fifth file.
SAMPLE = sorted(manifest())[::5]
COMMENT = re.compile(rb"[ \t]*# netlint: ignore\[[a-z0-9, -]+\] an old net(?=\r?$)", re.MULTILINE)


@pytest.mark.parametrize("path", SAMPLE)
def test_added_comments_silence_and_change_nothing_else(path: str, tmp_path: Path) -> None:
    file = tmp_path / "net.prototxt"
    shutil.copyfile(CAFFE / path, file)
    before = file.read_bytes()

    def told() -> list[Finding]:
        return lint(file).findings

    found = told()
    added = add_suppressions(found, "an old net", told)
    left = told()
    assert [finding.rule for finding in left if finding.rule not in NEVER and finding.span is not None] == []
    assert {finding.rule for finding in left} <= {finding.rule for finding in found}
    assert added.count + len(left) == len(found)
    after = file.read_bytes()
    assert [line.rstrip(b" \t\r") for line in COMMENT.sub(b"", after).split(b"\n")] == [
        line.rstrip(b" \t\r") for line in before.split(b"\n")
    ]
    assert len(COMMENT.findall(after)) == len({finding.line for finding in found} - {item.line for item in left})
    # Once more: nothing is left to write.
    add_suppressions(told(), "an old net", told)
    assert file.read_bytes() == after
