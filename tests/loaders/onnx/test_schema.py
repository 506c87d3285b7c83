"""`schema.txt` says what the specification says."""

from __future__ import annotations

import pytest

from netlint.loaders.onnx import schema
from tests.loaders.onnx import default_text, schema_text


def test_the_file_is_what_onnx_says() -> None:
    pytest.importorskip("onnx", reason="the schemas come from onnx")
    assert schema._FILE.read_text(encoding="ascii") == schema_text.text()


def test_the_defaults_are_what_onnx_says() -> None:
    pytest.importorskip("onnx", reason="the defaults come from onnx")
    assert schema._DEFAULTS.read_text(encoding="ascii") == default_text.text()
    assert schema.default_attributes("Softmax", 12) == {"axis": "1"}
    assert schema.default_attributes("Softmax", 13) == {"axis": "-1"}
    assert schema.default_attributes("Add", 7) == {}
    assert schema.default_attributes("NoSuchOperator", 7) == {}


def test_the_version_that_holds_in_an_opset() -> None:
    upsample = schema.operator_schema("", "Upsample", 9)
    assert upsample is not None
    assert (upsample.since, upsample.deprecated) == (9, False)
    later = schema.operator_schema("", "Upsample", 13)
    assert later is not None
    assert later.deprecated
    assert schema.operator_schema("", "LayerNormalization", 13) is None
    assert schema.introduced("", "LayerNormalization") == 17


def test_arities_types_and_attributes() -> None:
    clip = schema.operator_schema("", "Clip", 17)
    assert clip is not None
    assert clip.required_inputs == 1
    assert clip.most(clip.inputs) == 3
    concat = schema.operator_schema("", "Concat", 17)
    assert concat is not None
    assert (concat.required_inputs, concat.most(concat.inputs)) == (1, None)
    assert concat.attributes["axis"] == schema.Attribute("int", required=True)
    assert concat.variables["T"] >= {"float32", "int64", "string"}
    assert schema.attribute_versions("", "Squeeze", "axes") == [1, 11]


def test_newest_versions() -> None:
    onnx = pytest.importorskip("onnx", reason="the versions come from onnx")
    assert schema.NEWEST[""] == onnx.defs.onnx_opset_version()
    assert onnx.IR_VERSION == schema.NEWEST_IR
