"""Settings that a file carries in its own comments."""

from __future__ import annotations

import pytest

from netlint.api import shapes
from tests.nets import models, told

DATA = 'layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 4 } }\n'


def test_a_file_says_what_it_knows_of_itself() -> None:
    found = models("# netlint: from-scratch num-classes=20 dataset-size=500 input-shape=data=2,3,8,8\n" + DATA)[0]
    assert found.training.weights == "scratch"
    assert (found.task.num_classes, found.task.dataset_size) == (20, 500)
    assert shapes(found)[found.nodes[0].outputs[0]] == (2, 3, 8, 8)


def test_the_command_line_stands_above_the_file() -> None:
    found = models("# netlint: input-shape=data=2,3,8,8\n" + DATA, input_shapes=["data=1,1,9,9"])[0]
    assert shapes(found)[found.nodes[0].outputs[0]] == (1, 1, 9, 9)


def test_a_fork_can_be_set() -> None:
    found = models("# netlint: caffe-fork=ssd\n" + DATA)[0]
    assert found.variant is not None
    assert (found.variant.name, found.variant.given) == ("SSD", True)


@pytest.mark.parametrize(
    ("comment", "column", "message"),
    [
        ("num-clases=3", 12, "netlint knows no setting `num-clases`"),
        ("num-classes=many", 12, "`num-classes` is set wrongly: many is not a number of at least 1"),
        ("from-scratch num-classes=0", 25, "`num-classes` is set wrongly: 0 is not a number of at least 1"),
        ("input-shape=big", 12, "`input-shape` is set wrongly: 'big' is not a shape: write NAME=N,C,H,W or N,C,H,W"),
    ],
)
def test_a_wrong_setting_is_told_at_its_place(comment: str, column: int, message: str) -> None:
    assert told(f"# netlint: {comment}\n{DATA}", "unknown-field") == [("unknown-field", 1, column, message)]


def test_a_reason_may_follow_in_plain_words() -> None:
    assert told("# netlint: from-scratch there is no weights file for grey images\n" + DATA, "unknown-field") == []
