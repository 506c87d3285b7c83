"""A file that does not take its comments gets its old content back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from netlint import lint
from netlint.engine.add_suppressions import add_suppressions
from netlint.finding import Finding

NET = (
    'layer { name: "p" type: "Softmax" bottom: "x" top: "p" }\n'
    'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "p" bottom: "label" }\n'
)


def test_a_file_in_which_something_new_is_found_is_restored(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    found = lint(path).findings
    seen = []

    def relint() -> list[Finding]:
        seen.append(path.read_text())
        return [replace(found[0], rule="syntax")] if "netlint:" in seen[-1] else found

    added = add_suppressions(found, "", relint)
    assert (added.count, added.files, added.left) == (0, [], {f"{path} takes no comment there": 1})
    assert [text == NET for text in seen] == [False, True]
    assert path.read_text() == NET


def test_a_file_that_changed_in_between_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    found = lint(path).findings
    path.write_text("# Moved.\n" + NET)
    added = add_suppressions(found, "", lambda: found)
    assert added.left == {f"{path} takes no comment there": 1}
    assert path.read_text() == "# Moved.\n" + NET


def test_a_byte_order_mark_and_other_bytes_stay(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_bytes(b"# na\xefve\r\n" + NET.encode().replace(b"\n", b"\r\n"))
    found = lint(path).findings
    added = add_suppressions(found, "", lambda: lint(path).findings)
    assert added.count == 1
    lines = path.read_bytes().split(b"\n")
    assert lines[0] == b"# na\xefve\r"
    assert lines[2].endswith(b"}  # netlint: ignore[double-softmax]\r")
