"""The reader keeps everything but payloads, and knows where those are."""

from __future__ import annotations

from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.loaders.onnx import proto, wire
from netlint.loaders.wire import encoded
from tests.loaders.onnx.models import graph, model, node, small, tensor, value, weights


def structure(message: Any) -> Any:
    content = message.SerializeToString()
    return proto.ModelProto.FromString(wire.structure(BytesIO(content), len(content)))


def test_a_large_payload_is_replaced_by_its_place() -> None:
    content = small().SerializeToString()
    kept = proto.ModelProto.FromString(wire.structure(BytesIO(content), len(content)))
    large, little = kept.graph.initializer[0], kept.graph.initializer[1]
    assert (large.payload_field, large.payload_size, large.raw_data) == (9, 1728, b"")
    assert content[large.payload_offset : large.payload_offset + large.payload_size] == weights(432)
    assert (little.payload_field, len(little.raw_data)) == (0, 64)


def test_everything_else_is_kept() -> None:
    whole = small()
    kept = structure(whole)
    for one in kept.graph.initializer:
        for name in ("payload_field", "payload_offset", "payload_size"):
            one.ClearField(name)
    for one in whole.graph.initializer:
        if len(one.raw_data) > wire.KEPT_PAYLOAD:
            one.ClearField("raw_data")
    assert kept == whole


def test_tensors_in_subgraphs_functions_and_attributes() -> None:
    constant = node("Constant", [], ["k"], "k")
    constant.attribute.add(name="value", type=4).t.CopyFrom(tensor("t", [200]))
    branch = graph([constant], [], [value("k", [200])])
    whole = model(
        graph(
            [node("If", ["c"], ["y"], "if", then_branch=branch, else_branch=branch)],
            [value("c", [], 9)],
            [value("y", [200])],
        )
    )
    function = proto.FunctionProto(name="f", domain="d", output=["k"], node=[constant])
    whole.functions.append(function)
    whole.training_info.add().algorithm.CopyFrom(branch)
    kept = structure(whole)
    found = [
        kept.graph.node[0].attribute[0].g.node[0].attribute[0].t,
        kept.functions[0].node[0].attribute[0].t,
        kept.training_info[0].algorithm.node[0].attribute[0].t,
    ]
    assert [one.payload_size for one in found] == [800] * 3


@given(st.binary(max_size=400))
@settings(max_examples=500, deadline=None)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with suppress(wire.Malformed):
        wire.structure(BytesIO(content), len(content))


@given(st.integers(min_value=1, max_value=90_000), st.integers(min_value=1, max_value=5))
@settings(max_examples=30, deadline=None)
def test_windows_change_nothing(size: int, count: int) -> None:
    whole = small()
    for index in range(count):
        whole.graph.initializer.append(tensor(f"t{index}", [size]))
        whole.graph.node.append(node("Relu", [f"t{index}"], [f"r{index}"]))
    content = whole.SerializeToString()
    kept = proto.ModelProto.FromString(wire.structure(BytesIO(content), len(content)))
    assert kept.graph.node == whole.graph.node
    assert [tuple(one.dims) for one in kept.graph.initializer[4:]] == [(size,)] * count


def test_a_sparse_file_of_a_gigabyte_costs_nothing(tmp_path: Path) -> None:
    whole = small()
    head = whole.SerializeToString()
    size = 1 << 30
    stored = proto.TensorProto(name="huge", dims=[size // 4], data_type=1).SerializeToString()
    payload = encoded(9 << 3 | 2) + encoded(size)
    inner = encoded(5 << 3 | 2) + encoded(len(stored) + len(payload) + size) + stored + payload
    path = tmp_path / "model.onnx"
    with path.open("wb") as file:
        file.write(head + encoded(7 << 3 | 2) + encoded(len(inner) + size) + inner)
        file.truncate(file.tell() + size)
    with path.open("rb") as file:
        kept = wire.structure(file, path.stat().st_size)
    assert len(kept) < 4096
    assert proto.ModelProto.FromString(kept).graph.initializer[-1].payload_size == size


def test_onnx_reads_the_same() -> None:
    onnx = pytest.importorskip("onnx", reason="the models are in the onnx package")
    data = Path(onnx.__file__).parent / "backend/test/data"
    paths = sorted(data.rglob("*.onnx"))
    assert len(paths) > 100
    for path in paths:
        content = path.read_bytes()
        assert proto.ModelProto.FromString(content).SerializeToString(deterministic=True) == onnx.ModelProto.FromString(
            content
        ).SerializeToString(deterministic=True)
