"""Which files are TensorFlow's, and how folders are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netlint
from netlint.loaders import File
from netlint.loaders.tensorflow import match, proto
from tests.loaders.tensorflow.graphs import node, placeholder


def graph() -> Any:
    message = proto.GraphDef()
    for name, op, given in (("x", "Placeholder", ()), ("a", "Relu", ("x",)), ("b", "Relu", ("a",))):
        made = message.node.add()
        made.name, made.op = name, op
        made.input.extend(given)
    return message


def saved(path: Path) -> None:
    message = proto.SavedModel()
    message.saved_model_schema_version = 1
    meta = message.meta_graphs.add()
    meta.meta_info_def.tags.append("serve")
    meta.graph_def.CopyFrom(graph())
    entry = meta.signature_def.add()
    entry.key = "serving_default"
    output = entry.value.outputs.add()
    output.key, output.value.name = "out", "b:0"
    path.mkdir(parents=True)
    (path / "saved_model.pb").write_bytes(message.SerializeToString())
    (path / "fingerprint.pb").write_bytes(b"\x08\x01\x10\x02")
    (path / "variables").mkdir()
    (path / "variables" / "variables.index").write_bytes(b"\0\0")


def test_a_saved_model_is_read_as_its_folder_as_its_file_and_below_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "one"
    saved(folder)
    for target in (folder, folder / "saved_model.pb", tmp_path):
        report = netlint.lint(target)
        assert report.failures == []
        assert report.files == [str(folder / "saved_model.pb")]
        assert [(one.rule, one.node) for one in report.findings] == [("double-activation", "b")]
    assert [one.name for one in netlint.load(folder)[0].nodes] == ["x", "a", "b"]


def test_other_protobuf_files_in_a_folder_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "label_map.pbtxt").write_text('item {\n  id: 1\n  name: "cat"\n}\n')
    (tmp_path / "events.pb").write_bytes(b"\x09\0\0\0\0\0\0\0\0")
    (tmp_path / "graph.pb").write_bytes(graph().SerializeToString())
    report = netlint.lint(tmp_path)
    assert report.files == [str(tmp_path / "graph.pb")]


def test_a_meta_graph_is_read(tmp_path: Path) -> None:
    message = proto.MetaGraphDef()
    message.meta_info_def.tensorflow_version = "1.15.0"
    message.graph_def.CopyFrom(graph())
    path = tmp_path / "model.ckpt-1000.meta"
    path.write_bytes(message.SerializeToString())
    assert [one.rule for one in netlint.lint(path).findings] == ["double-activation"]


def test_a_saved_model_as_text() -> None:
    text = (
        "saved_model_schema_version: 1\nmeta_graphs {\n graph_def {\n"
        + placeholder("x", 4)
        + node("a", "Relu", "x")
        + node("b", "Relu", "a")
        + "}\n}\n"
    )
    (one,) = netlint.lint(text, filename="saved_model.pbtxt").findings
    assert (one.rule, one.line, one.column) == ("double-activation", 16, 9)


def test_weights_are_not_read(tmp_path: Path) -> None:
    message = graph()
    large = message.node.add()
    large.name, large.op = "w", "Const"
    entry = large.attr.add()
    entry.key = "value"
    entry.value.tensor.dtype = 1
    for size in (1000, 1000):
        entry.value.tensor.tensor_shape.dim.add().size = size
    entry.value.tensor.tensor_content = bytes(4_000_000)
    product = message.node.add()
    product.name, product.op = "fc", "MatMul"
    product.input.extend(("b", "w"))
    path = tmp_path / "frozen.pb"
    path.write_bytes(message.SerializeToString())
    (dense,) = netlint.load(path)[0].by_op["Gemm"]
    assert dense.params[0].shape == (1000, 1000)
    assert dense.params[0].initializer.kind == "stored"


def test_formats_are_told_apart() -> None:
    assert match(File("net.prototxt", b'layer { name: "a" type: "ReLU" }\n')) == 0
    assert match(File("model.onnx", b"\x08\x08\x12\x07pytorch:")) == 0
    assert match(File("keras_metadata.pb", b"\x0a\x10\x08\x01")) == 0
    assert match(File("graph.pb", graph().SerializeToString())) == 90
    assert match(File("graph.pbtxt", placeholder("x", 1).encode())) == 90
