"""What published ONNX files hold that is untidy and harms nobody."""

from __future__ import annotations

import pytest

from netlint.api import lint

onnx = pytest.importorskip("onnx")


def told(model: object, rule: str) -> list[tuple[str, str]]:
    return [(one.severity, one.message) for one in lint(model, select=(rule,)).findings]


def graph(*nodes: object) -> object:
    value = onnx.helper.make_tensor_value_info
    return onnx.helper.make_graph(
        list(nodes), "net", [value("x", 1, [2])], [value("y", 1, [2])]
    )  # fmt: skip


def constant(output: str) -> object:
    tensor = onnx.helper.make_tensor("t", 1, [2], [1.0, 2.0])
    return onnx.helper.make_node("Constant", [], [output], "one", value=tensor)


def test_constants_of_one_name_are_folded_before_names_count() -> None:
    add = onnx.helper.make_node
    model = onnx.helper.make_model(
        graph(constant("a"), constant("b"), add("Add", ["x", "a"], ["z"], "p"), add("Add", ["z", "b"], ["y"], "q"))
    )
    assert [severity for severity, _ in told(model, "duplicate-layer-name")] == ["info"]
    twice = onnx.helper.make_model(
        graph(constant("a"), add("Add", ["x", "a"], ["z"], "p"), add("Add", ["z", "a"], ["y"], "p"))
    )
    assert [severity for severity, _ in told(twice, "duplicate-layer-name")] == ["error"]


def test_one_opset_listed_twice_is_one_opset() -> None:
    ids = onnx.helper.make_opsetid
    body = graph(onnx.helper.make_node("Relu", ["x"], ["y"], "r"))
    same = onnx.helper.make_model(body, opset_imports=[ids("", 17), ids("", 17)])
    assert told(same, "duplicate-field") == [("info", "the domain ai.onnx is imported twice, as 17 and 17")]
    other = onnx.helper.make_model(body, opset_imports=[ids("", 17), ids("", 13)])
    assert [severity for severity, _ in told(other, "duplicate-field")] == ["error"]
