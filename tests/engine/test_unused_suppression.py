"""Comments that silence nothing, and comments for a whole file."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlint import lint
from tests.nets import told
from tests.test_cli import netlint

NET = """layer {{ name: "p" type: "Softmax" bottom: "x" top: "p" }}
layer {{ {0}
  name: "loss" type: "SoftmaxWithLoss"
  bottom: "p" {1}
  bottom: "label" top: "loss"
}}
"""
LOUD = "double-softmax"


def rules_and_places(text: str, **options: object) -> list[tuple[str, int, int]]:
    return [(rule, line, column) for rule, line, column, _ in told(text, **options)]


@pytest.mark.parametrize(
    ("first", "second", "line", "column", "message"),
    [
        (
            "# netlint: ignore[double-softmax, missing-weight-filler] both",
            "",
            2,
            43,
            "`missing-weight-filler` finds nothing here: the comment silences nothing",
        ),
        (
            "",
            "# netlint: ignore[double-sofmax, double-softmax]",
            4,
            33,
            "no rule is named `double-sofmax`: it silences nothing",
        ),
        ("# netlint: ignore[loss, double-softmax]", "", 2, 27, "`loss` is a family, no rule: it silences nothing"),
    ],
)
def test_an_entry_that_silences_nothing_is_told_at_its_name(
    first: str, second: str, line: int, column: int, message: str
) -> None:
    assert told(NET.format(first, second)) == [("unused-suppression", line, column, message)]


@pytest.mark.parametrize(
    ("comment", "column", "message", "remedy"),
    [
        ("ignore it", 26, "`ignore` names no rule: it silences nothing", "write `ignore[double-softmax]`"),
        ("ignore[]", 26, "`ignore` names no rule: it silences nothing", "write `ignore[double-softmax]`"),
        (
            "ignore[double-softmax",
            26,
            "`ignore` has a `[` without `]`: it silences nothing",
            "close the bracket behind the last rule",
        ),
        (
            "ignore-line[double-softmax]",
            26,
            "netlint knows no comment `ignore-line`: it silences nothing",
            "write `ignore[rule]` for a line or a layer, `ignore-file[rule]` for the file",
        ),
        (
            "ignore-file[double-softmax]",
            26,
            "`ignore-file` stands below the beginning of the definition: it silences nothing",
            "move it above the first line that is no comment, or write `ignore`",
        ),
    ],
)
def test_a_comment_that_names_no_rule_is_told_with_what_to_write(
    comment: str, column: int, message: str, remedy: str
) -> None:
    report = lint(NET.format("", f"# netlint: {comment}"), filename="net.prototxt")
    found = {finding.rule: finding for finding in report.findings}
    assert sorted(found) == [LOUD, "unused-suppression"]
    wrong = found["unused-suppression"]
    assert (wrong.line, wrong.column, wrong.message) == (4, column, message)
    assert wrong.fix is not None
    assert wrong.fix.title == remedy


def test_a_misspelt_name_is_told_with_the_right_one() -> None:
    report = lint(NET.format("# netlint: ignore[double-sofmax]", ""), filename="net.prototxt")
    assert [finding.fix.title for finding in report.findings if finding.rule != LOUD and finding.fix] == [
        "did you mean `double-softmax`?"
    ]


def test_a_comment_above_the_definition_speaks_of_the_file() -> None:
    net = NET.format("", "")
    top = "# A net.\n\n# netlint: ignore-file[double-softmax] the paper does so\n"
    assert told(top + net) == []
    assert told("# netlint: ignore-file[unknown-bottom]\n" + net)[0] == (
        "unused-suppression",
        1,
        24,
        "`unknown-bottom` finds nothing in this file: the comment silences nothing",
    )


@pytest.mark.parametrize(
    "options",
    [
        {"select": ("unknown-bottom",)},
        {"select": ("unknown-bottom", "unused-suppression")},
        {"ignore": ("missing-weight-filler",)},
        {"ignore": ("unused-suppression",)},
    ],
)
def test_nothing_is_said_of_a_rule_that_did_not_run(options: dict[str, object]) -> None:
    text = NET.format("# netlint: ignore[double-softmax, missing-weight-filler]", "")
    assert told(text, **options) == []


def test_nothing_is_said_of_a_rule_that_needs_more_than_the_file() -> None:
    assert told(NET.format("# netlint: ignore[double-softmax, class-count-mismatch]", "")) == []


def test_nothing_is_unused_in_a_file_that_could_not_be_read() -> None:
    text = NET.format("# netlint: ignore[missing-weight-filler]", "").replace("}\n", "", 1)
    assert {rule for rule, *_ in told(text)} == {"syntax"}


def test_the_finding_itself_can_be_silenced() -> None:
    assert told(NET.format("# netlint: ignore[double-softmax, unknown-filler, unused-suppression]", "")) == []


def test_a_string_is_no_comment() -> None:
    text = NET.format("", "").replace('"loss" type', '"# netlint: ignore[unknown-bottom]" type')
    assert [rule for rule, *_ in told(text)] == [LOUD]
    # An apostrophe in a comment opens no string.
    assert told(NET.format("", "# don't # netlint: ignore[double-softmax]")) == []


def test_what_is_used_through_the_solver_is_used(tmp_path: Path) -> None:
    """A rate in the solver makes the finding in the net; both files are linted, in either order."""
    net = NET.format("", "# netlint: ignore[double-softmax]")
    (tmp_path / "net.prototxt").write_text(net)
    (tmp_path / "solver.prototxt").write_text(
        'net: "net.prototxt"\nbase_lr: 0.01\nlr_policy: "fixed"\nmax_iter: 10\nsnapshot: 10\nsnapshot_prefix: "s"\n'
    )
    for targets in (["net", "solver"], ["solver", "net"], ["solver"]):
        report = lint(*(tmp_path / f"{name}.prototxt" for name in targets))
        assert [finding.message for finding in report.findings if finding.rule in (LOUD, "unused-suppression")] == []


def test_a_note_in_json_and_in_onnx_text(tmp_path: Path) -> None:
    text = '# netlint: ignore-file[dead-node]\n<ir_version: 8, opset_import: ["": 17]>\nm (float[1] x) => (float[1] y) {\n  y = Relu(x)\n}\n'
    report = lint(text, filename="m.onnxtxt")
    assert [(found.rule, found.line, found.column) for found in report.findings] == [("unused-suppression", 1, 24)]


def test_a_comment_in_the_program_that_makes_a_model(tmp_path: Path) -> None:
    pytest.importorskip("keras")
    code = """import keras, netlint, netlint.keras
with netlint.keras.record():
    model = keras.Sequential([
        keras.Input((4,)),
        keras.layers.Dense(1, activation="softmax"),  COMMENT
    ])
print([(found.rule, found.line) for found in netlint.lint(model).findings])
"""
    for comment, shown in (("", [("one-unit-classifier", 5)]), ("# netlint: ignore[one-unit-classifier]", [])):
        program = tmp_path / "model.py"
        program.write_text(code.replace("COMMENT", comment))
        assert netlint(code=f"import runpy; runpy.run_path({str(program)!r})").stdout == f"{shown}\n"


@pytest.mark.parametrize(
    "comments",
    [
        "".join(f"# netlint: ignore[no-{number}]\n" for number in range(30000)),
        "# " + "".join(f"# netlint: ignore[no-{number}]" for number in range(30000)),
        "# netlint: ignore " * 30000,
    ],
)
def test_after_twenty_wrong_comments_no_more_are_told(comments: str) -> None:
    assert len(told(NET.format("", "") + comments, "unused-suppression")) == 20
