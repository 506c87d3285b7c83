"""Models in memory."""

from __future__ import annotations

import pytest

import netlint
from tests.loaders.onnx.models import small

BROKEN = small()
BROKEN.graph.node[5].input[0] = "sc"


def told(target: object) -> list[tuple[str, str]]:
    return [(finding.rule, finding.node) for finding in netlint.lint(target).findings]


def test_model_proto() -> None:
    onnx = pytest.importorskip("onnx", reason="a live model needs its package")
    assert told(onnx.ModelProto.FromString(small().SerializeToString())) == []
    broken = onnx.ModelProto.FromString(BROKEN.SerializeToString())
    assert ("unknown-bottom", "prob") in told(broken)
    assert netlint.lint(broken).files == ["<g>.onnx"]


def test_onnx_ir_model() -> None:
    onnx = pytest.importorskip("onnx", reason="a live model needs its package")
    onnx_ir = pytest.importorskip("onnx_ir", reason="a live model needs its package")
    assert told(onnx_ir.from_proto(onnx.ModelProto.FromString(small().SerializeToString()))) == []


def test_bytes() -> None:
    report = netlint.lint(BROKEN.SerializeToString(), filename="net.onnx")
    assert ("unknown-bottom", "net.onnx", "prob") in [(one.rule, one.path, one.node) for one in report.findings]


def test_something_else() -> None:
    with pytest.raises(TypeError, match=r"netlint cannot lint an object of type int"):
        netlint.lint(3)
