"""netlint as a library."""

from __future__ import annotations

import inspect
import re
from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import netlint
from netlint import Options, lint, load
from netlint.api import OptionFields
from tests.test_cli import BROKEN, CLEAN

TEXT = 'layer { name: "p" type: "Softmax" bottom: "x" top: "p" }\n' * 2


def test_the_public_names_are_there() -> None:
    assert all(hasattr(netlint, name) for name in netlint.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        netlint.nothing  # noqa: B018


def test_a_path_a_string_and_a_text_give_the_same(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(TEXT, encoding="utf-8")
    by_path, by_name, by_text = lint(path), lint(str(path)), lint(TEXT, filename=str(path))
    assert by_path.findings == by_name.findings or [f.message for f in by_path.findings] == [
        f.message for f in by_name.findings
    ]
    assert [f.message for f in by_path.findings] == [f.message for f in by_text.findings]
    assert by_path.files == [str(path)]


def test_a_text_without_a_name_is_recognised_by_its_look() -> None:
    (first, second) = load(TEXT)
    assert (first.dialect, first.phase, second.phase) == ("caffe", "TRAIN", "TEST")


def test_a_missing_file_is_a_failure_of_the_report_not_an_exception(tmp_path: Path) -> None:
    report = lint(tmp_path / "missing.prototxt")
    assert [failure.reason for failure in report.failures] == ["No such file or directory"]
    assert report.exit_code == 2


def test_a_file_named_twice_is_linted_once(tmp_path: Path) -> None:
    path = tmp_path / "net.prototxt"
    path.write_text(TEXT, encoding="utf-8")
    assert lint(path, str(path), tmp_path).files == [str(path)]


def test_the_order_of_targets_is_the_order_of_findings(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.prototxt").write_text(
            'layer { name 1 type: "ReLU" bottom: "x" top: "y" }\n', encoding="utf-8"
        )
    report = lint(tmp_path / "b.prototxt", tmp_path / "a.prototxt")
    assert [Path(finding.path).stem for finding in report.findings] == ["b", "a"]


def test_unknown_names_and_shapes_raise_value_errors() -> None:
    with pytest.raises(ValueError, match="no rule or family is named `nope`"):
        lint(TEXT, select=("nope",))
    with pytest.raises(ValueError, match="is not a shape"):
        lint(TEXT, options=Options(input_shapes=("big",)))


def test_lint_takes_every_field_of_the_options_as_a_keyword() -> None:
    hints = get_type_hints(Options)
    assert get_type_hints(OptionFields) == {field.name: hints[field.name] for field in fields(Options)}
    taken = inspect.signature(load).parameters
    assert all(taken[name].default == getattr(Options(), name) for name in taken if name in hints)
    report = lint(TEXT, num_classes=3, label_shape="1,2", caffe_fork="SSD", fail_level="info", config=False)
    assert report.fail_level == "info"


def test_options_and_their_fields_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="give either `options` or `select`, `num_classes`"):
        lint(TEXT, options=Options(), select=("loss",), num_classes=2)


class _Optimiser:
    param_groups = ()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"loss": "mse"}, "`loss` is 'mse': give a loss of torch.nn, or a function"),
        ({"loss": {"a": None, "b": 3}}, "`loss` is 3: give a loss of torch.nn, or a function"),
        ({"loss": [_Optimiser]}, "`loss` is the class _Optimiser: give an object of it, _Optimiser(...)"),
        ({"optimizer": "adam"}, "`optimizer` is 'adam': give one of torch.optim, or a list of them"),
        ({"optimizer": [_Optimiser]}, "`optimizer` is the class _Optimiser: give an object of it, _Optimiser(...)"),
    ],
)
def test_what_is_no_loss_or_optimiser_is_refused(given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        lint(CLEAN, filename="net.prototxt", **given)


def test_losses_and_optimisers_are_taken_as_they_are() -> None:
    for loss in (abs, [abs, None], {"a": abs}):
        assert not lint(CLEAN, filename="net.prototxt", loss=loss, optimizer=_Optimiser()).failures


def test_a_label_shape_may_be_a_tuple() -> None:
    assert lint(CLEAN, filename="net.prototxt", label_shape=(3,)).failures == []
    with pytest.raises(ValueError, match="dimension of 0"):
        lint(CLEAN, filename="net.prototxt", label_shape=(3, 0))


def test_a_printed_finding_does_not_show_the_file() -> None:
    report = lint(BROKEN, filename="net.prototxt")
    assert report.findings
    assert all("InnerProduct" not in repr(finding.span) for finding in report.findings)
