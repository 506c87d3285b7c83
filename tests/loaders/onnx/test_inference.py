"""ONNX's shape inference as a fallback."""

from __future__ import annotations

import pytest

import netlint
from netlint.loaders.onnx import inference
from tests.loaders.onnx.models import graph, model, node, value

#: netlint does not know the domain, so not the shape; ONNX knows what the function declares.
SAMPLE = model(
    graph([node("Relu", ["x"], ["a"]), node("Relu", ["a"], ["y"])], [value("x", [2, 3])], [value("y", [2, 3])])
).SerializeToString()


def test_the_shapes_of_onnx() -> None:
    pytest.importorskip("onnx", reason="it is onnx's inference")
    shapes, problems = inference.inferred(SAMPLE)
    assert problems == []
    assert shapes["a"] == (2, 3)


def test_a_model_that_onnx_cannot_read() -> None:
    pytest.importorskip("onnx", reason="it is onnx's inference")
    shapes, problems = inference.inferred(b"\xff\xff")
    assert shapes == {}
    assert [problem.rule for problem in problems] == ["onnx-inference-failed"]
    assert "it stopped" in problems[0].message


def test_a_limit_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "_SECONDS", 0.2)
    monkeypatch.setattr(inference, "_CHILD", "import time; time.sleep(60)")
    _, problems = inference.inferred(SAMPLE)
    assert "did not end within 0.2 seconds" in problems[0].message


def test_without_onnx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inference, "_CHILD", "import sys; sys.exit(3)")
    _, problems = inference.inferred(SAMPLE)
    assert "not installed" in problems[0].message


def test_it_is_asked_on_request_only() -> None:
    pytest.importorskip("onnx", reason="it is onnx's inference")
    (plain,) = netlint.load(SAMPLE, filename="m.onnx")
    assert plain.elsewhere == {}
    (helped,) = netlint.load(SAMPLE, filename="m.onnx", onnx_inference=True)
    assert helped.elsewhere["a"] == (2, 3)
