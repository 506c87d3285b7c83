"""The engine of fixes: what it makes, what it takes back, and what it leaves alone."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from netlint.api_fix import fix, write
from netlint.engine import fix as engine
from netlint.finding import Applicability, Edit, Finding, Fix
from netlint.model import Source, Span

BOTH: tuple[Applicability, ...] = ("safe", "unsafe")

NET = """layer {
  name: "fc"  # the head
  type: "InnerProduct"
  bottom: "x"
  top: "fc"
  inner_product_param {
    num_output: 5
    weight_filler { type: "xavier" std: 0.1 }
  }
}
"""


def _word(path: Path, text: str, word: str, instead: str, rule: str, *more: str) -> Finding:
    """A finding at a word, whose fix writes another one; and a deletion of each of `more`."""
    source = Source(str(path), text)
    at = text.index(word)
    edits = [Edit(Span(source, at, at + len(word)), instead)]
    edits += [Edit(Span(source, text.index(other), text.index(other) + len(other)), "") for other in more]
    return Finding(rule, "info", f"there is {word}", str(path), edits[0].span, fix=Fix("fix it", tuple(edits), "safe"))


class Words:
    """A linter of one file: forbidden words, each with what to write instead."""

    def __init__(self, path: Path, rules: Mapping[str, str]) -> None:
        self.path, self.rules = path, rules

    def __call__(self, contents: Mapping[str, bytes]) -> Sequence[Finding]:
        text = contents.get(os.path.realpath(self.path), self.path.read_bytes()).decode()
        return [
            _word(self.path, text, word, instead, f"no-{word}") for word, instead in self.rules.items() if word in text
        ]


def _fixed(path: Path, lint: engine.Lint) -> engine.Fixed:
    return engine.fix(lint, lint, BOTH)


def test_fixes_are_made_in_rounds_until_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("one")
    done = engine.fix(Words(path, {"one": "two", "two": "three"}), lambda _: [], BOTH)
    assert [change.after for change in done.changes] == [b"three"]
    assert [finding.rule for finding in done.mended] == ["no-one", "no-two"]
    assert path.read_text() == "one"


def test_a_fix_that_brings_a_finding_is_taken_back_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("bad ugly")
    find, check = Words(path, {"bad": "evil", "ugly": "fine"}), Words(path, {"bad": "", "ugly": "", "evil": ""})
    done = engine.fix(find, check, BOTH)
    assert [change.after for change in done.changes] == [b"bad fine"]
    assert [(left.finding.rule, left.reason) for left in done.left] == [("no-bad", "it would bring info[no-evil]")]


def test_a_fix_that_mends_nothing_is_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("bad")
    done = _fixed(path, Words(path, {"bad": "bad bad"}))
    assert (done.changes, [left.reason for left in done.left]) == ([], ["the finding stays"])


def test_fixes_that_undo_each_other_end(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("ping")
    lint = Words(path, {"ping": "pong", "pong": "ping"})
    done = engine.fix(lint, lambda _: [], BOTH)
    assert len(done.mended) <= engine.MOST_PASSES


def test_a_fix_is_made_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("alpha beta gamma")

    def lint(contents: Mapping[str, bytes]) -> Sequence[Finding]:
        text = contents.get(os.path.realpath(path), path.read_bytes()).decode()
        found = []
        if "alpha" in text and "gamma" in text:
            found.append(_word(path, text, "alpha", "A", "first", " gamma"))
        if "beta gamma" in text:
            found.append(_word(path, text, "beta gamma", "B", "second"))
        return found

    done = engine.fix(lint, lint, BOTH)
    # The second one overlaps the first, and has nothing to do once that is made.
    assert [change.after for change in done.changes] == [b"A beta"]
    assert [finding.rule for finding in done.mended] == ["first"]


def test_what_changed_since_it_was_read_is_left(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("something else")
    stale = _word(path, "bad", "bad", "good", "no-bad")
    done = engine.fix(lambda _: [stale], lambda _: [stale], BOTH)
    assert [left.reason for left in done.left] == [f"{path} has changed since it was read"]


def test_binary_files_and_unwritable_ones_are_left(tmp_path: Path) -> None:
    path = tmp_path / "a.onnx"
    path.write_bytes(b"\0")
    binary = Finding(
        "r", "info", "m", str(path), fix=Fix("f", (Edit(Span(Source(str(path), "", True), 0, 0), "x"),), "safe")
    )
    gone = _word(tmp_path / "gone.txt", "bad", "bad", "good", "no-bad")
    done = engine.fix(lambda _: [binary, gone], lambda _: [], BOTH)
    assert [left.reason for left in done.left] == [
        f"{path} is no text",
        f"{tmp_path / 'gone.txt'} is not among the definitions that are fixed",
    ]


def test_only_what_is_allowed_is_made(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET.replace(" std: 0.1", ""))
    assert fix(path).fixed.changes == []
    path.write_text(NET)
    (change,) = fix(path).fixed.changes
    assert change.after.decode() == NET.replace(" std: 0.1", "")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8", "\N{BOPOMOFO LETTER B}\u00e9"), ("latin-1", "\u00e9"), ("utf-8-sig", "\u00e9")]
)
def test_bytes_that_no_edit_covers_stay(tmp_path: Path, newline: str, encoding: str, name: str) -> None:
    text = NET.replace("the head", name).replace("\n", newline)
    path = tmp_path / "net.prototxt"
    path.write_bytes(text.encode(encoding))
    done = fix(path, select=("ignored-filler-field",))
    assert write(done.fixed.changes) == []
    assert path.read_bytes() == text.replace(" std: 0.1", "").encode(encoding)


def test_a_net_of_several_solvers_is_fixed_once(tmp_path: Path) -> None:
    data = 'layer { name: "d" type: "Data" top: "x" top: "l" data_param { batch_size: 4 } }\n'
    loss = 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "l" }\n'
    (tmp_path / "net.prototxt").write_text(data + NET + loss)
    for name in "ab":
        (tmp_path / f"{name}.prototxt").write_text(
            'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 9\n'
        )
    done = fix(tmp_path)
    assert [os.path.basename(change.path) for change in done.fixed.changes] == ["net.prototxt"]
    assert [finding.rule for finding in done.fixed.mended] == ["ignored-filler-field"]
    only = fix(tmp_path / "a.prototxt")
    # The solver alone: its net is not among what was named, but it is what is linted.
    assert [os.path.basename(change.path) for change in only.fixed.changes] == ["net.prototxt"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.prototxt").write_text(NET)
    link = tmp_path / "link.prototxt"
    link.symlink_to("real.prototxt")
    assert write(fix(link).fixed.changes) == []
    assert link.is_symlink()
    assert "std" not in (tmp_path / "real.prototxt").read_text()


def test_a_file_that_changes_meanwhile_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    done = fix(path)
    path.write_text(NET + "# mine\n")
    (failure,) = write(done.fixed.changes)
    assert failure.reason == "changed while it was linted: its fixes are not written"
    assert path.read_text() == NET + "# mine\n"


def test_a_fix_is_checked_by_all_rules_whatever_is_selected(tmp_path: Path) -> None:
    # The removal would leave a solver's schedule as it is, but the loss without its only reader's scores.
    text = (
        'layer { name: "d" type: "Data" top: "x" top: "l" data_param { batch_size: 4 } include { phase: TRAIN } }\n'
        'layer { name: "fc" type: "InnerProduct" bottom: "x" top: "fc" '
        'inner_product_param { num_output: 5 weight_filler { type: "xavier" } } }\n'
        'layer { name: "p" type: "Softmax" bottom: "fc" top: "p" }\n'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "l" }\n'
        'layer { name: "acc" type: "Accuracy" bottom: "p" bottom: "l" top: "acc" }\n'
    )
    path = tmp_path / "net.prototxt"
    path.write_text(text)
    done = fix(path, select=("accuracy-in-train",))
    assert [left.reason for left in done.fixed.left] == ["it would bring info[unused-output] for `p`"]
    assert done.fixed.changes == []


def test_texts_are_fixed_without_a_file() -> None:
    done = fix(NET, filename="net.prototxt")
    assert [(change.path, change.after.decode()) for change in done.fixed.changes] == [
        ("net.prototxt", NET.replace(" std: 0.1", ""))
    ]
    assert [finding.rule for finding in done.report.findings if finding.rule == "ignored-filler-field"] == []


def test_two_texts_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="one text at a time"):
        fix(NET, NET)


def test_a_net_inside_of_a_solver_is_fixed_in_place() -> None:
    inner = "".join(f"  {line}\n" for line in NET.splitlines())
    text = f'base_lr: 0.1\nnet_param {{\n{inner}}}\nlr_policy: "fixed"\nmax_iter: 9\n'
    (change,) = fix(text, filename="solver.prototxt", select=("ignored-filler-field",)).fixed.changes
    assert change.after.decode() == text.replace(" std: 0.1", "")


def test_a_solver_whose_net_has_nearly_that_name(tmp_path: Path) -> None:
    (tmp_path / "train_val.prototxt").write_text(NET.replace(" std: 0.1", ""))
    solver = tmp_path / "solver.prototxt"
    solver.write_text('net: "trian_val.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 9\n')
    assert fix(solver).fixed.changes == []
    (change,) = fix(solver, unsafe=True, select=("solver-net-missing",)).fixed.changes
    assert change.after.decode().startswith('net: "train_val.prototxt"\n')


def test_many_findings_take_linear_time() -> None:
    layers = [
        f'layer {{ name: "c{n}" type: "InnerProduct" bottom: "x" top: "c{n}" '
        f'inner_product_param {{ num_output: 5 weight_filler {{ type: "xavier" std: 1 }} }} }}\n'
        for n in range(1000)
    ]
    done = fix("".join(layers), filename="net.prototxt", select=("ignored-filler-field",))
    assert len(done.fixed.mended) == 1000
    assert done.fixed.changes[0].after.count(b"std") == 0
