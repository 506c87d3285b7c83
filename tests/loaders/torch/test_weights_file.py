"""`netlint net.pt2 --weights FILE`: the checkpoint's names and shapes are compared with the network's."""

from __future__ import annotations

import collections
import os
import pickle
from pathlib import Path
from typing import Any

import pytest

from netlint import lint, load
from tests.loaders.torch.programs import FIXTURES, zipped
from tests.loaders.torch.test_checkpoint import Calls, safetensors

NET = FIXTURES / "squeeze.pt2"


def tensors() -> dict[str, tuple[int, ...]]:
    (model,) = load(str(NET))
    return {
        value.name: tuple(map(int, map(str, value.shape))) for value in model.stored if isinstance(value.shape, tuple)
    }


def file_of(folder: Path, shapes: dict[str, Any]) -> str:
    """A safetensors file of these tensors."""
    header: dict[str, Any] = {}
    end = 0
    for name, shape in shapes.items():
        size = 4
        for dim in shape:
            size *= dim
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    path = folder / "weights.safetensors"
    path.write_bytes(safetensors(header, bytes(end)))
    return str(path)


def told(path: str) -> list[tuple[str, str, str, str]]:
    report = lint(str(NET), weights_file=path)
    assert report.failures == []
    return [(one.rule, one.severity, one.node, one.message) for one in report.findings]


@pytest.mark.parametrize("prefix", ["", "module.", "state_dict.model."])
def test_a_checkpoint_that_fits(prefix: str, tmp_path: Path) -> None:
    assert told(file_of(tmp_path, {prefix + name: shape for name, shape in tensors().items()})) == []


def test_another_shape(tmp_path: Path) -> None:
    found = told(file_of(tmp_path, {**tensors(), "out.weight": (10, 16)}))
    assert found == [
        (
            "weights-name-mismatch",
            "error",
            "out",
            '`out.weight` is 7x16, but 10x16 in weights.safetensors: `load_state_dict` stops with "size mismatch", even '
            "with `strict=False`",
        )
    ]


def test_missing_tensors(tmp_path: Path) -> None:
    found = told(
        file_of(tmp_path, {name: shape for name, shape in tensors().items() if not name.startswith("squeeze")})
    )
    assert found == [
        (
            "weights-name-mismatch",
            "warning",
            "squeeze",
            'weights.safetensors has no `squeeze.weight`, `squeeze.bias`: `load_state_dict` stops with "Missing '
            'key(s)"; with `strict=False` they keep the values that they start with',
        )
    ]


def test_another_network(tmp_path: Path) -> None:
    found = told(file_of(tmp_path, {"encoder.weight": (3, 4)}))
    assert [one[:3] for one in found] == [("weights-name-mismatch", "warning", "conv")]
    assert found[0][3] == "weights.safetensors holds none of the network's 8 tensors, `conv.weight` being the first"


def test_a_checkpoint_that_means_harm_is_told(tmp_path: Path) -> None:
    path = tmp_path / "evil.pt"
    path.write_bytes(zipped({"m/data.pkl": pickle.dumps(collections.OrderedDict(a=Calls(os.system, "true")), 2)}))
    (failure,) = lint(str(NET), weights_file=str(path)).failures
    assert failure.path == str(path)
    assert failure.reason.startswith("whoever loads this file runs `posix.system('true')`")
