"""What the user knows of the task: classes, labels, the size of the test set."""

from __future__ import annotations

import pytest

from netlint import Options, lint
from netlint.finding import Finding

NET = """name: "tiny"
layer { name: "data" type: "Data" top: "data" top: "label"
        data_param { batch_size: 50 } transform_param { crop_size: 32 mean_value: 1 mean_value: 2 mean_value: 3 } }
layer { name: "fc" type: "InnerProduct" bottom: "data" top: "fc"
        inner_product_param { num_output: 21 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
"""


def found(text: str, options: Options) -> list[Finding]:
    return lint(text, filename="net.prototxt", options=options).findings


@pytest.mark.parametrize(
    ("classes", "rule", "severity"),
    [
        (None, None, None),
        (21, None, None),
        (20, None, None),
        (10, "leftover-imagenet-head", "warning"),
        (22, "class-count-mismatch", "error"),
        (59, "class-count-mismatch", "error"),
    ],
)
def test_the_head_is_held_against_the_classes(classes: int | None, rule: str | None, severity: str | None) -> None:
    findings = found(NET, Options(num_classes=classes))
    assert [(item.rule, item.severity) for item in findings] == ([(rule, severity)] if rule else [])
    assert all((item.line, item.column, item.node) == (5, 43, "fc") for item in findings)


def test_a_wider_head_of_no_public_data_set_is_an_info() -> None:
    (finding,) = found(NET.replace("21", "30"), Options(num_classes=10))
    assert (finding.rule, finding.severity, finding.line) == ("class-count-mismatch", "info", 5)


def test_the_label_shape_is_that_of_the_labels() -> None:
    assert found(NET, Options(label_shape="50,1")) == []
    (finding,) = found(NET, Options(label_shape="1,32,32"))
    assert finding.rule == "loss-label-count"
    assert "50 positions, but 51200 labels (50x1x32x32)" in finding.message


SOLVER = f"""base_lr: 0.01
lr_policy: "fixed"
max_iter: 100
test_interval: 10
test_iter: 100
net_param {{
{NET}}}
"""


@pytest.mark.parametrize(
    ("size", "severity", "says"),
    [
        (None, None, ""),
        (5000, None, ""),
        (4951, None, ""),
        (10000, "warning", "a test looks at 5000 of 10000 samples"),
        (4000, "info", "a test looks at 5000 samples, but there are 4000"),
    ],
)
def test_test_iter_is_held_against_the_data_set(size: int | None, severity: str | None, says: str) -> None:
    findings = found(SOLVER, Options(dataset_size=size))
    assert [(item.rule, item.severity) for item in findings] == ([("solver-test-iter", severity)] if severity else [])
    assert all((item.line, item.column) == (5, 12) and says in item.message for item in findings)


def test_counts_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="0 is not a number of classes"):
        found(NET, Options(num_classes=0))
