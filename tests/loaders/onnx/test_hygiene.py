"""What the loader finds wrong with a definition: where it stands and how it is said, in texts and in binary files."""

from __future__ import annotations

import pytest

from netlint import lint
from tests.loaders.onnx import models

_HEAD = '<ir_version: 8, opset_import: ["": 17]>\n'


def told(text: str, *rules: str, head: str = _HEAD) -> list[tuple[str, str, int, int, str]]:
    """(severity, rule, line, column, message)."""
    report = lint(head + text, filename="net.onnxtxt", select=rules)
    return [(one.severity, one.rule, one.line, one.column, one.message) for one in report.findings]


def only(text: str, rule: str, head: str = _HEAD) -> tuple[str, int, int, str]:
    """The one finding of a rule."""
    [(severity, _, line, column, message)] = told(text, rule, head=head)
    return severity, line, column, message


def test_out_of_order() -> None:
    text = "g (float[2,3] x) => (float[2,3] y) {\n  y = Neg(a)\n  a = Relu(x)\n}"
    assert only(text, "out-of-order") == (
        "error", 3, 3,
        "Neg `y` stands before a node whose output it reads: ONNX wants nodes in an order in which they can run, and "
        "runtimes may refuse another",
    )  # fmt: skip


def test_cycle() -> None:
    text = "g (float[2,3] x) => (float[2,3] y) {\n  a = Add(x, b)\n  b = Relu(a)\n  y = Neg(b)\n}"
    severity, line, column, message = only(text, "cycle")
    assert (severity, line, column) == ("error", 4, 3)
    assert message.startswith("nodes wait for each other in a circle: Relu `b` -> Add `a` -> Relu `b`")


def test_missing_output() -> None:
    text = "g (float[2,3] x) => (\n  float[2,3] score\n) {\n  scores = Relu(x)\n}"
    assert only(text, "missing-output") == (
        "error", 3, 3, "the graph gives `score` as an output, but nothing makes it; did you mean `scores`?"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("node", "column", "message"),
    [
        ("LeakyRelu <alfa = 0.1> (x)", 25, "LeakyRelu `y` has the attribute `alfa`, which no LeakyRelu has; did you mean `alpha`?"),
        ("LeakyRelu <alpha = 1> (x)", 26, "LeakyRelu `y` gives `alpha` as an integer, but ONNX wants a number"),
        ("LeakyRelu <alpha = 0.1, alpha = 0.2> (x)", 39, "LeakyRelu `y` gives `alpha` twice"),
        ("Cast (x)", 3, "Cast `y` lacks `to`, which it must have (an integer)"),
        ("Cast <to = 99> (x)", 18, "Cast `y` names the element type 99 in `to`, which does not exist"),
        (
            "Relu <consumed_inputs = [0]> (x)", 31,
            "Relu `y` has the attribute `consumed_inputs`, which it does not have in opset 17: opset 6 took it away",
        ),
    ],
)  # fmt: skip
def test_attributes(node: str, column: int, message: str) -> None:
    text = f"g (float[2,3] x) => (y) {{\n  y = {node}\n}}"
    assert only(text, "invalid-attribute") == ("error", 3, column, message)


def test_domain_not_imported() -> None:
    severity, line, column, message = only("g (float[2] x) => (y) {\n  y = com.acme.Swish(x)\n}", "domain-not-imported")
    assert (severity, line, column) == ("error", 3, 7)
    assert message.startswith(
        "com.acme::Swish `y` is of the domain com.acme, which the model's `opset_import` does not list"
    )


def test_operators_and_their_opsets() -> None:
    text = "g (float[1,1,4,4] x) => (y) <float[4] s = {1, 1, 2, 2}> {\n  y = Upsample(x, s)\n}"
    severity, line, column, message = only(text, "deprecated-operator")
    assert (severity, line, column) == ("error", 3, 7)
    assert message.startswith("Upsample `y` no longer exists in opset 17: opset 10 withdrew it")
    newer = "g (float[2] x) => (y) {\n  y = Gelu(x)\n}"
    severity, line, column, message = only(newer, "operator-newer-than-opset")
    assert (severity, line, column) == ("error", 3, 7)
    assert message == ("Gelu `y` came with opset 20, but the model declares opset 17: runtimes look for it in vain")


def test_versions() -> None:
    graph = "g (float[2] x) => (float[2] y) { y = Relu(x) }"
    head = '<\n  ir_version: 8,\n  opset_import: ["": 99]\n>\n'
    severity, _, _, message = only(graph, "unknown-version", head)
    assert severity == "warning"
    assert message.startswith("the model says opset 99 of ai.onnx, newer than opset ")
    severity, _, _, message = only(graph, "opset-old", '<ir_version: 3, opset_import: ["": 6]>\n')
    assert severity == "info"
    assert message.startswith("the model is written for opset 6: before opset 7 operators do not broadcast")
    assert told(graph, "unknown-version", "opset-old") == []


def test_softmax_changed_its_meaning() -> None:
    text = "g (float[2,3,4] x) => (float[2,3,4] y) {\n  y = Softmax <axis = 1> (x)\n}"
    severity, line, _, message = only(text, "opset-old", '<ir_version: 6, opset_import: ["": 11]>\n')
    assert (severity, line) == ("info", 3)
    assert message == (
        "Softmax `y` compares all elements from axis 1 of 2x3x4 on with each other: so it was before opset 13, later ones "
        "compare along that axis alone"
    )
    for shape in ("2,3", "2,3,1", "2,3,N"):
        same = f"g (float[{shape}] x) => (float[{shape}] y) {{ y = Softmax <axis = 1> (x) }}"
        assert told(same, "opset-old", head='<ir_version: 6, opset_import: ["": 11]>\n') == []


def test_missing_fields() -> None:
    severity, line, _, message = only("g (float x) => (float y) { y = Relu(x) }", "missing-field", "<ir_version: 8>\n")
    assert (severity, line) == ("error", 1)
    assert message == "the model imports no opset: nobody can say which version of an operator is meant"
    model = models.small()
    model.graph.ClearField("name")
    [finding] = [
        one for one in lint(model.SerializeToString(), filename="a.onnx").findings if one.rule == "missing-field"
    ]
    assert (finding.severity, finding.line) == ("warning", 1)
    assert finding.message == "the graph has no name: the ONNX checker refuses the model"


def test_empty_graph() -> None:
    severity, _, _, message = only("g (float[2] x) => (float[2] x) {}", "empty-graph")
    assert (severity, message) == ("warning", "the graph has no nodes: it computes nothing")


def test_corrupt_tensor() -> None:
    text = "g (float[4] x) => (float[4] y) <\n  float[4] w = {1, 2, 3}\n> {\n  y = Mul(x, w)\n}"
    assert only(text, "corrupt-tensor") == (
        "error", 3, 3, "tensor `w` is 4 of float32, which takes 4 elements, but holds 3"
    )  # fmt: skip


def test_type_mismatch() -> None:
    text = "g (float[2] x) => (float[2] y) <int64[2] w = {1, 2}> {\n  y = Mul(x, w)\n}"
    assert only(text, "type-mismatch") == (
        "error", 3, 14,
        "Mul `y` wants inputs 0 and 1 of one type, but `x` is float32 and `w` is int64: ONNX converts nothing by itself",
    )  # fmt: skip


def test_a_body_of_a_sequence_map_gives_one_element() -> None:
    text = (
        "g (seq(float) x) => (seq(float) y) {\n"
        "  y = SequenceMap (x) <body = b (float e) => (float r) { r = Relu(e) }>\n}"
    )
    assert told(text, "type-mismatch") == []


def test_weights_as_inputs() -> None:
    text = "g (float[2] x,\n   float[2] w = {1, 2}) => (float[2] y) { y = Mul(x, w) }"
    severity, line, _, message = only(text, "weights-as-inputs")
    assert (severity, line) == ("info", 3)
    assert message == (
        "initialiser `w` is a graph input, too: a caller may override stored values, so runtimes must not fold them or "
        "pack them in advance"
    )
    assert told(text, "weights-as-inputs", head='<ir_version: 3, opset_import: ["": 8]>\n') == []


def test_external_data() -> None:
    text = 'g (float[4] x) => (float[4] y) <\n  float[4] w = ["location": "../w.bin"]\n> { y = Mul(x, w) }'
    severity, line, column, message = only(text, "external-data")
    assert (severity, line, column) == ("error", 3, 3)
    assert message.startswith("tensor `w`: `../w.bin` leads out of the model's folder")


class TestNodeNames:
    def test_twice_in_a_graph(self) -> None:
        text = "g (float[2] x) => (float[2] y) {\n  [n] a = Relu(x)\n  [n] b = Neg(a)\n  [n] y = Abs(b)\n}"
        severity, line, column, message = only(text, "duplicate-layer-name")
        assert (severity, line, column) == ("error", 4, 4)
        assert message == (
            "Neg `n` (and 1 more) has the name of an earlier node of the graph, Relu `n`: ONNX Runtime refuses the model"
        )

    def test_constants_count(self) -> None:
        text = "g (float[2] x) => (float[2] y) {\n  [n] a = Constant <value_float = 2.0> ()\n  [n] y = Mul(x, a)\n}"
        assert only(text, "duplicate-layer-name")[:2] == ("error", 4)

    def test_names_that_nodes_do_not_have(self) -> None:
        """A node without a name goes by its output, which may be another node's name."""
        assert (
            told("g (float[2] x) => (float[2] y) {\n  a = Relu(x)\n  [a] y = Neg(a)\n}", "duplicate-layer-name") == []
        )

    def test_one_name_inside_and_outside(self) -> None:
        text = (
            "g (bool c, float[2] x) => (float[2] y) {\n"
            "  y = If (c) <then_branch = t () => (a) { [n] a = Relu(x) }, else_branch = e () => (b) { [n] b = Neg(x) }>\n}"
        )
        assert told(text, "duplicate-layer-name") == []

    def test_a_function_called_twice(self) -> None:
        text = (
            "g (float[2] x) => (float[2] y) {\n  a = local.f(x)\n  y = local.f(a)\n}\n"
            '<domain: "local", opset_import: ["": 17]>\nf (p) => (q) {\n  [n] q = Relu(p)\n}'
        )
        head = '<ir_version: 8, opset_import: ["": 17, "local": 1]>\n'
        assert told(text, "duplicate-layer-name", head=head) == []
