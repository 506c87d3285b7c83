"""Conditions over networks: what they see, and that they are silent on what is not known."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from netlint.api import lint
from tests.engine.policies.packs import NET, holds, rule, told, write

OPEN = """<ir_version: 10, opset_import: ["" : 13]>
g (float[N, 3, 8, 8] x, float[4, 3, 3, 3] w) => (float[N, 4, 6, 6] y) {
  c = Conv(x, w)
  y = Softmax(c)
}
"""
KERAS = """{"class_name": "Sequential", "config": {"name": "s", "layers": [
  {"class_name": "InputLayer", "config": {"name": "i", "batch_shape": [null, 32, 16, 3]}},
  {"class_name": "Conv2D", "config": {"name": "c", "filters": 8, "kernel_size": [3, 3], "activation": "relu"}},
  {"class_name": "Mine>Gate", "config": {"name": "g"}},
  {"class_name": "Dense", "config": {"name": "d", "units": 4}}
]}}
"""


@pytest.mark.parametrize(
    "when",
    [
        'node.name == "conv1" && node.op == "Conv" && node.dialect_op == "Convolution"',
        'node.label == "Convolution `conv1`" && node.kind == "weighted"',
        "node.kernel == [5, 5] && node.strides == [2, 2] && node.pads == [0, 0, 0, 0] && node.dilations == [1, 1]",
        "node.group == 1 && node.in_channels == 3 && node.out_channels == 20 && node.bias && node.trainable",
        "node.attributes.kernel_shape[0] == 5 && node.attributes.out_channels == 20",
        "node.in_shapes[0].dims == [1, 3, 32, 32] && node.out_shapes[0].dims == [1, 20, 14, 14]",
        'node.output.rank == 4 && node.output.d2 == 14 && node.output.last == 14 && node.output.text == "1x20x14x14"',
        "node.output.channels == 20 && node.output.height == 14 && node.output.width == 14 && node.output.batch == 1",
        "node.output.elements == 3920 && node.parameters == 1520 && node.weight.dims == [20, 3, 5, 5]",
        'node.activation == "Relu" && node.norm == "" && !node.is_output',
        'node.meaning == "features" && node.receptive_field == [5, 5] && node.total_stride == [2, 2]',
        'node.inputs == ["data"] && node.outputs == ["conv1"]',
        'producers.map(maker, maker.name) == ["data"] && consumers.map(next, next.op) == ["Relu"]',
        'ancestors.size() == 1 && descendants.map(next, next.op) == ["Relu", "Gemm", "Softmax"]',
        'node.ops_before == ["Input"] && "Softmax" in node.ops_behind && !("Conv" in node.ops_behind)',
        'model.name == "net" && model.label == "`net`" && model.dialect == "caffe" && model.file == "net.prototxt"',
        'model.parameters == 40730 && model.node_count == 5 && model.ops["Conv"] == 1 && !("Loop" in model.ops)',
        'model.inputs[0].name == "data" && model.outputs[0].shape.dims == [1, 10] && model.deployed',
        "model.training.batch_size == 1",
    ],
)
def test_what_a_condition_sees(tmp_path: Path, when: str) -> None:
    assert holds(tmp_path, when)
    assert not holds(tmp_path, f"!({when})")


@pytest.mark.parametrize(
    "unknown",
    [
        "node.input.batch == 1",
        "node.in_shapes[0].d0 > 4",
        "node.in_shapes[0].dims == [1, 3, 8, 8]",
        "node.output.elements % 2 == 0",
        'node.initializer == "normal"',
        "node.attributes.pads == [1, 1, 1, 1]",
        "node.attributes.axis == 1",
        "model.training.learning_rate > 0.1",
        "model.inputs[0].shape.batch == 2",
        "producers[7].op == 'Relu'",
        "1 / (node.group - 1) > 0",
        "node.out_channels + 9223372036854775807 > 0",
    ],
)
def test_what_is_not_known_says_nothing_either_way(tmp_path: Path, unknown: str) -> None:
    for when in (unknown, f"!({unknown})", unknown.replace("==", "!=")):
        if "pads" not in when:
            assert not holds(tmp_path, when, text=OPEN, filename="net.onnxtxt")
    assert holds(tmp_path, f"({unknown}) || node.group == 1", text=OPEN, filename="net.onnxtxt")


def test_has_asks_whether_something_is_known(tmp_path: Path) -> None:
    assert holds(tmp_path, "!has(node.input.batch) && has(node.input.channels)", text=OPEN, filename="net.onnxtxt")


def test_onnx_defaults_hold_for_the_opset_of_the_file(tmp_path: Path) -> None:
    assert holds(tmp_path, "node.attributes.axis == -1", "Softmax", OPEN, "net.onnxtxt")
    older = OPEN.replace("13", "11")
    assert holds(tmp_path, "node.attributes.axis == 1", "Softmax", older, "net.onnxtxt")
    assert holds(tmp_path, "node.kernel == [3, 3] && node.attributes.strides == [1, 1]", "Conv", OPEN, "net.onnxtxt")


def test_keras_has_its_axes_in_another_order(tmp_path: Path) -> None:
    when = "node.input.channels == 3 && node.input.height == 32 && node.input.width == 16 && node.output.last == 8"
    assert holds(tmp_path, when, text=KERAS, filename="net.json")
    assert holds(tmp_path, "true", "keras::Gate", KERAS, "net.json")
    assert holds(tmp_path, "true", "Conv2D", KERAS, "net.json")
    assert not holds(tmp_path, "true", "Convolution", KERAS, "net.json")


def test_an_operator_that_netlint_does_not_know_hides_what_it_has(tmp_path: Path) -> None:
    for when in ("has(node.kind)", "has(node.parameters)", "has(node.bias)", "has(node.trainable)", "has(node.output)"):
        assert not holds(tmp_path, when, "keras::Gate", KERAS, "net.json")
    assert not holds(tmp_path, "has(model.parameters)", "", KERAS, "net.json")


def test_messages_remedies_places_and_related_nodes(tmp_path: Path) -> None:
    more = """
    at: [group, kernel_shape]
    remedy: "take {{ node.kernel[0] - 2 }}"
    related:
      - node: descendants
        message: "{{ node.label }} is behind it, with {{ node.out_channels }} of {{ model.node_count }}"
      - node: node.attributes.missing_is_silent
        message: never
    """.replace("node.attributes.missing_is_silent", "producers[3]")
    message = "{{ node.label }}: {{ node.kernel }}, {{ node.bias }}, {{ 0.1 + 0.2 }}, {{ node.initializer }}"
    write(tmp_path, rule("node.kernel[0] > 3", message=message, more=more))
    (found,) = lint(NET, filename="net.prototxt", select=("own",), rule_packs=(tmp_path,)).findings
    assert (found.line, found.column, found.severity) == (4, 51, "warning")
    assert found.message == "Convolution `conv1`: 5, 5, true, 0.3, ?"
    assert found.fix is not None
    assert found.fix.title == "take 3"
    assert [(related.message, related.span and related.span.line) for related in found.related] == [
        ("ReLU `relu1` is behind it, with 20 of 5", 5),
        ("InnerProduct `fc` is behind it, with 10 of 5", 6),
        ("Softmax `prob` is behind it, with 10 of 5", 7),
    ]


def test_a_rule_without_operators_sees_the_model_once(tmp_path: Path) -> None:
    found = told(
        write(tmp_path, rule('nodes.filter(n, n.kind == "weighted").size() == 2', on="", message="{{ nodes.size() }}"))
    )
    assert found == [(1, 1, "", "5")]


def test_a_walk_that_is_too_long_is_one_clear_finding(tmp_path: Path) -> None:
    chain = "".join(f'layer {{ name: "r{n}" type: "ReLU" bottom: "x{n}" top: "x{n + 1}" }}\n' for n in range(2_000))
    net = f'layer {{ name: "x" type: "Input" top: "x0" input_param {{ shape {{ dim: 1 dim: 3 }} }} }}\n{chain}'
    write(tmp_path / "a", rule("ancestors.size() > 5000", on="Relu"))
    started = time.perf_counter()
    (found,) = lint(net, filename="net.prototxt", select=("own",), rule_packs=(tmp_path / "a",)).findings
    assert time.perf_counter() - started < 20
    assert (found.rule, found.severity) == ("internal-error", "error")
    assert found.message == (
        "rule `own` (house.yaml, line 3) was stopped at ReLU `r1000`: there are more than 1000 nodes to look at; "
        "the other rules ran"
    )
    write(tmp_path / "b", rule("nodes.all(a, nodes.all(b, a.op != 'x' || b.op != 'x'))", on=""))
    (found,) = lint(net, filename="net.prototxt", select=("own",), rule_packs=(tmp_path / "b",)).findings
    assert "was stopped at the network: " in found.message
    assert "the expression takes more than 10000 steps; the other rules ran" in found.message
    assert not told(write(tmp_path / "c", rule('"Conv" in node.ops_before', on="Relu")), net)


def test_names_that_no_text_can_hold(tmp_path: Path) -> None:
    net = 'layer { name: "a\\000b\\377" type: "ReLU" bottom: "x" top: "y" }\n'
    (found,) = told(write(tmp_path, rule("node.name.size() > 0", on="Relu", message="`{{ node.name }}`")), net)
    assert found[3].startswith("`a")
