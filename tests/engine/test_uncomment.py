"""A comment that silences nothing goes, and takes nothing else with it."""

from __future__ import annotations

import pytest

from netlint.api_fix import fix

LAYER = 'layer { name: "t" type: "TanH" bottom: "x" top: "t" }'


@pytest.mark.parametrize(
    ("comment", "after"),
    [
        ("  # netlint: ignore[double-softmax]", ""),
        ("  # netlint: ignore[double-softmax] as in issue #12", ""),
        ("  # netlint: ignore[double-softmax] once  # the squash", "  # the squash"),
        ("  # the squash # netlint: ignore[double-softmax]", "  # the squash"),
        ("\n# netlint: ignore-file[double-softmax]", "\n# netlint: ignore-file[double-softmax]"),
        ("  # netlint: ignore[double-softmax, double-sigmoid]  why", ""),
    ],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_comment_goes_with_its_reason(comment: str, after: str, newline: str) -> None:
    text = f"# a net\n{LAYER}{comment}\n# the end\n".replace("\n", newline)
    changes = fix(text, filename="net.prototxt").fixed.changes
    expected = f"# a net\n{LAYER}{after}\n# the end\n".replace("\n", newline)
    assert (changes[0].after.decode() if changes else text) == expected


def test_a_line_that_holds_nothing_else_goes() -> None:
    text = f"# netlint: ignore-file[double-softmax] once\n{LAYER}\n"
    (change,) = fix(text, filename="net.prototxt").fixed.changes
    assert change.after.decode() == f"{LAYER}\n"


@pytest.mark.parametrize(
    "names", ["double-softmax, dropout-range", "dropout-range, double-softmax", "dropout-range,double-softmax"]
)
def test_the_rules_that_silence_something_stay(names: str) -> None:
    drop = 'layer { name: "d" type: "Dropout" bottom: "x" top: "d" dropout_param { dropout_ratio: 50 } }'
    (change,) = fix(f"{drop}  # netlint: ignore[{names}] why\n", filename="net.prototxt").fixed.changes
    assert change.after.decode() == f"{drop}  # netlint: ignore[dropout-range] why\n"


def test_a_slip_in_a_name_is_corrected_when_that_is_asked_for() -> None:
    drop = 'layer { name: "d" type: "Dropout" bottom: "x" top: "d" dropout_param { dropout_ratio: 50 } }'
    text = f"{drop}  # netlint: ignore[dropout-rnage]\n"
    assert fix(text, filename="net.prototxt").fixed.changes == []
    (change,) = fix(text, filename="net.prototxt", unsafe=True).fixed.changes
    assert change.after.decode() == f"{drop}  # netlint: ignore[dropout-range]\n"
