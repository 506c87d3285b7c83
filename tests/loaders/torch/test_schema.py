"""The table of operators: what is read from it, and that it is what torch says."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from netlint.loaders.torch.schema import schema

FILE = Path(importlib.import_module("netlint.loaders.torch.schema").__file__ or "").with_name("schema.txt")


def test_defaults() -> None:
    described = schema("conv2d.default")
    assert described.defaults == {"bias": None, "stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    assert schema("conv2d.padding").defaults["padding"] == "valid"
    assert schema("leaky_relu.default").defaults == {"negative_slope": 0.01}


def test_memory() -> None:
    assert schema("relu_.default").written == ("self",)
    assert schema("view.default").viewed == ("self",)
    assert schema("relu.default").written == schema("relu.default").viewed == ()


def test_unknown_operators_have_no_defaults() -> None:
    assert not schema("no_such_operator.default").known
    assert schema("conv2d.default").known


def test_the_table_is_what_torch_says() -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    from tests.loaders.torch.schema_text import text

    stored = FILE.read_text(encoding="utf-8")
    if f"torch {torch.__version__.partition('+')[0]}\n" not in stored:
        pytest.skip("the table is of another version of torch")
    assert text() == stored
