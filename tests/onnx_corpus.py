"""The models that the onnx package brings along: one for every operator and variant, and some whole networks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

onnx = pytest.importorskip("onnx", reason="the onnx package is not installed")


@cache
def node_models() -> dict[str, Any]:
    """The models of `onnx.backend.test.case.node`, by name: about 1880 of one node or a few, all correct."""
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        # The expected outputs are computed with numpy, which warns of overflow on purpose.
        warnings.simplefilter("ignore")
        return {case.name: case.model for case in collect_testcases(None) if case.model is not None}


def wheel_files() -> Iterator[Path]:
    """The 149 model files of the wheel, in order."""
    folder = Path(onnx.__file__).parent / "backend" / "test" / "data"
    return iter(sorted(folder.rglob("*.onnx")))


@cache
def wheel_models() -> dict[str, Any]:
    """The models in those files, by path."""
    return {str(path): onnx.load(path) for path in wheel_files()}
