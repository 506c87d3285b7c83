"""Files that define one network for training and for deployment."""

from __future__ import annotations

from pathlib import Path

import pytest

from netlint import lint
from netlint.engine.pairs import training_twin

NET = """layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: 1 dim: 3 dim: 32 dim: 32 }} }} }}
layer {{ name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  convolution_param {{ num_output: 8 kernel_size: 3 {0} weight_filler {{ type: "msra" }} }} }}
"""


@pytest.mark.parametrize(
    ("path", "others", "twin"),
    [
        ("a/deploy.prototxt", {"a/train_val.prototxt"}, "a/train_val.prototxt"),
        ("a/net_deploy.prototxt", {"a/net_train.prototxt", "b/net_train_val.prototxt"}, "a/net_train.prototxt"),
        ("a/deploy.prototxt", {"a/train.prototxt", "a/train_val.prototxt"}, ""),
        ("a/deploy.prototxt", {"b/train_val.prototxt"}, ""),
        ("a/test.prototxt", {"a/train.prototxt"}, ""),
    ],
)
def test_twins_stand_in_one_folder_under_one_name(path: str, others: set[str], twin: str) -> None:
    assert training_twin(path, {path, *others}) == twin


def test_a_deployed_layer_is_held_against_its_training(tmp_path: Path) -> None:
    (tmp_path / "train_val.prototxt").write_text(NET.format("pad: 1"), encoding="utf-8")
    (tmp_path / "deploy.prototxt").write_text(NET.format("pad: 0"), encoding="utf-8")
    (found,) = lint(tmp_path, select=("train-deploy-drift",)).findings
    assert (Path(found.path).name, found.line, found.column, found.message) == (
        "deploy.prototxt",
        3,
        57,
        "Convolution `conv1` has a pad of 0 here, but is trained with 1: the learned weights do not fit, or do not mean "
        "what they meant",
    )
    (twin,) = found.related
    assert (twin.message, twin.span and (Path(twin.span.path).name, twin.span.line)) == (
        "trained like this",
        ("train_val.prototxt", 3),
    )
    assert lint(tmp_path / "deploy.prototxt", select=("train-deploy-drift",)).findings == []
