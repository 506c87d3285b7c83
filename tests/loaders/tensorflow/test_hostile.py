"""Bad and malicious graphs: one clear finding, little time, little memory, never a traceback."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import pytest

import netlint
from netlint.loaders.tensorflow import proto
from netlint.loaders.wire import encoded
from tests.loaders.tensorflow.graphs import node, placeholder


def add(graph: Any, name: str, op: str, *inputs: str) -> Any:
    made = graph.node.add()
    made.name, made.op = name, op
    made.input.extend(inputs)
    return made


def calls(made: Any, function: str) -> None:
    entry = made.attr.add()
    entry.key = "f"
    entry.value.func.name = function


def told(content: bytes, filename: str = "graph.pb") -> list[tuple[str, str]]:
    """(rule, message) of the findings on bytes that must cost little."""
    start = time.process_time()
    report = netlint.lint(content, filename=filename)
    assert time.process_time() - start < 10
    assert report.failures == []
    assert not any(one.rule == "internal-error" for one in report.findings)
    return [(one.rule, one.message) for one in report.findings]


def test_a_circle() -> None:
    graph = proto.GraphDef()
    add(graph, "x", "Placeholder")
    add(graph, "a", "Add", "x", "b")
    add(graph, "b", "Tanh", "a")
    assert told(graph.SerializeToString()) == [
        ("cycle", "nodes wait for each other in a circle: `a` -> `b`: none of them can ever run")
    ]


def test_nothing_but_circles() -> None:
    graph = proto.GraphDef()
    for index in range(30_000):
        add(graph, f"n{index}", "Add", f"n{index * 7919 % 30_000}", f"n{(index + 1) % 30_000}")
    (one,) = told(graph.SerializeToString())
    assert one[0] == "cycle"


@pytest.mark.parametrize("share", [0.0001, 0.01, 0.5, 0.999])
def test_a_file_cut_short(share: float) -> None:
    graph = proto.GraphDef()
    for index in range(2000):
        add(graph, f"node{index}", "Placeholder")
    content = graph.SerializeToString()
    ((rule, message),) = told(content[: int(len(content) * share) or 1])
    assert rule == "unreadable-model"
    assert any(words in message for words in ("cut short", "file ends inside", "no loader recognises"))


def test_a_library_that_doubles() -> None:
    graph = proto.GraphDef()
    for depth in range(60):
        function = graph.library.function.add()
        function.signature.name = f"f{depth}"
        function.signature.input_arg.add().name = "x"
        function.signature.output_arg.add().name = "y"
        for name, given in (("a", "x"), ("b", "a:output:0")):
            made = function.node_def.add()
            made.name, made.op = name, "PartitionedCall" if depth else "Tanh"
            made.input.append(given)
            if depth:
                calls(made, f"f{depth - 1}")
        entry = function.ret.add()
        entry.key, entry.value = "y", "b:output:0"
    add(graph, "x", "Placeholder")
    calls(add(graph, "call", "PartitionedCall", "x"), "f59")
    ((rule, message),) = told(graph.SerializeToString())
    assert rule == "function-expansion"
    assert "come to more than 20,000 bodies" in message


def test_a_function_that_calls_itself() -> None:
    graph = proto.GraphDef()
    function = graph.library.function.add()
    function.signature.name = "again"
    function.signature.output_arg.add().name = "y"
    made = function.node_def.add()
    made.name, made.op = "a", "again"
    entry = function.ret.add()
    entry.key, entry.value = "y", "a:y:0"
    add(graph, "call", "again")
    ((rule, message),) = told(graph.SerializeToString())
    assert rule == "function-expansion"
    assert "function `again` calls itself" in message


def test_extents_that_no_machine_has() -> None:
    graph = proto.GraphDef()
    entry = add(graph, "x", "Placeholder").attr.add()
    entry.key = "shape"
    for _ in range(8):
        entry.value.shape.dim.add().size = 2**62
    constant = add(graph, "c", "Const").attr.add()
    constant.key = "value"
    constant.value.tensor.dtype = 9
    constant.value.tensor.tensor_shape.dim.add().size = 2**62
    constant.value.tensor.int64_val.append(2**62)
    for name, op in (("a", "Reshape"), ("b", "MatMul"), ("d", "Conv2D"), ("e", "Tile"), ("f", "Fill"), ("g", "Range")):
        add(graph, name, op, "x", "c", "c")
    told(graph.SerializeToString())


def test_counts_that_no_operator_has() -> None:
    graph = proto.GraphDef()
    add(graph, "x", "Placeholder")
    for name, op, attr in (("s", "Split", "num_split"), ("u", "Unpack", "num")):
        entry = add(graph, name, op, "x", "x").attr.add()
        entry.key, entry.value.i = attr, 2**50
    for index in (3, 4095, 999_999, 10**20):
        add(graph, f"r{index}", "Tanh", f"s:{index}")
        add(graph, f"q{index}", "Tanh", f"u:{index}")
    told(graph.SerializeToString())


def test_a_node_of_a_million_inputs() -> None:
    inner = b"\x0a\x01y\x12\x04AddN" + b"\x1a\x01x" * 1_000_000
    content = b"\x0a\x07\x0a\x01x\x12\x02Op" + b"\x0a" + encoded(len(inner)) + inner
    ((rule, message),) = told(content)
    assert (rule, "1,000,000 inputs" in message) == ("unreadable-model", True)


def test_millions_of_empty_nodes() -> None:
    ((rule, _),) = told(b"\x0a\x07\x0a\x01x\x12\x02Op" + b"\x0a\x00" * 5_000_000)
    assert rule == "unreadable-model"


def test_a_long_chain() -> None:
    graph = proto.GraphDef()
    add(graph, "n0", "Placeholder")
    for index in range(1, 50_000):
        add(graph, f"n{index}", "Neg", f"n{index - 1}")
    assert told(graph.SerializeToString()) == []


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"node { name: 'x' op: 'Tanh' " + b"attr { value { func { " * 50_000, "syntax"),
        (b"node { name: 'x' op: 'Tanh' input: 'x' }\n", "cycle"),
        (b"node { name: 'x' op: \xff'Tanh' }\n", "unreadable-model"),
    ],
)
def test_bad_texts(content: bytes, rule: str) -> None:
    assert [one for one, _ in told(content, "graph.pbtxt")] == [rule]


def test_a_saved_model_without_a_graph() -> None:
    message = proto.SavedModel()
    message.saved_model_schema_version = 1
    message.meta_graphs.add().meta_info_def.meta_graph_version = "1"
    assert told(message.SerializeToString(), "saved_model.pb") == [("unreadable-model", "there is no graph in it")]


def test_wrong_types_everywhere() -> None:
    """Every attribute of a small network, each with a value of every kind."""
    wrong = [
        "i: 7", 's: "SAME"', "f: 1.5", "b: true", "type: DT_FLOAT", "shape { dim { size: -7 } }", "list { i: 1 }",
        "list { f: 1.5 }", "shape { unknown_rank: true }", "tensor { dtype: DT_INT32 }", "list { }",
        "tensor { dtype: DT_FLOAT tensor_shape { dim { size: 3 } } tensor_content: \"abc\" }", "i: -1",
    ]  # fmt: skip
    attrs = [
        "strides", "padding", "data_format", "dilations", "ksize", "explicit_paddings", "epsilon", "is_training", "axis",
        "num", "num_split", "squeeze_dims", "value", "DstT", "SrcT", "shape", "dtype", "transpose_b", "N", "equation",
        "begin_mask", "shrink_axis_mask", "_output_shapes", "Tout", "f", "keep_dims", "block_size", "depth_radius",
    ]  # fmt: skip
    ops = [
        "Conv2D", "MaxPool", "FusedBatchNormV3", "Pack", "Unpack", "Split", "SplitV", "Squeeze", "Const", "Cast",
        "MatMul", "Einsum", "StridedSlice", "Mean", "ConcatV2", "GatherV2", "While", "PartitionedCall", "LRN",
        "DepthToSpace", "Conv2DBackpropInput", "DepthwiseConv2dNative", "VariableV2", "Placeholder", "Pad", "Slice",
        "OneHot", "Reshape", "ApplyAdam", "BiasAdd", "SelectV2", "Rsqrt", "Fill", "ArgMax", "Tile", "ExpandDims",
    ]  # fmt: skip
    for value in wrong:
        text = placeholder("x", 2, 4, 4, 3) + node("c", "Const", value=value) + node("v", "VariableV2", shape=value)
        given = dict.fromkeys(attrs, value)
        for index, op in enumerate(ops):
            text += node(f"a{index}", op, "x", "c", "v", "c", **given)
            text += node(f"b{index}", op, "c", "x", **given)
            text += node(f"d{index}", op, **given)
        told(text.encode(), "graph.pbtxt")


def test_mutants_of_a_graph() -> None:
    """Bytes of a real shape, changed at random: whatever comes out, it is no traceback."""
    fixture = Path(__file__).parents[3] / "fixtures" / "tensorflow" / "cifar10_stuck_at_ln10.pbtxt"
    text = fixture.read_bytes()
    draw = random.Random(5)
    for _ in range(60):
        mutant = bytearray(text)
        for _ in range(draw.choice((1, 4, 20))):
            at = draw.randrange(len(mutant))
            if draw.random() < 0.5:
                mutant[at] = draw.choice(b"{}:\"'0123456789-xDT")
            else:
                other = draw.randrange(len(mutant))
                mutant[at:at] = mutant[other : other + draw.randrange(60)]
        told(bytes(mutant), "graph.pbtxt")
