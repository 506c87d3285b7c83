"""Graphs written node by node: what becomes of their nodes, and where findings stand."""

from __future__ import annotations

from typing import Any

import netlint
from netlint.api import load, shapes
from netlint.model import Model, Node, spell
from tests.loaders.tensorflow.graphs import (
    FLOAT,
    INT32,
    INT64,
    constant,
    convolution,
    findings,
    listed,
    node,
    normal,
    placeholder,
    shape,
    told,
    variable,
)


def model(text: str) -> Model:
    return load(text, filename="graph.pbtxt")[0]


def only(graph: Model, op: str) -> Node:
    (found,) = graph.by_op[op]
    return found


def values(of: Node) -> dict[str, Any]:
    return {name: attr.value for name, attr in of.attrs.items()}


def spelled(graph: Model, of: Node) -> str:
    return spell(shapes(graph).output(of))


IMAGE = placeholder("x", -1, 32, 32, 3)


def test_a_convolution_with_its_bias_is_one_layer_with_weights_in_onnx_order() -> None:
    graph = model(
        IMAGE
        + variable("w", 5, 3, 3, 16)
        + variable("b", 16)
        + convolution("conv", "x", "w/read", stride=2)
        + node("conv/bias", "BiasAdd", "conv", "b/read", T=FLOAT)
        + node("relu", "Relu", "conv/bias", T=FLOAT)
    )
    conv = only(graph, "Conv")
    assert conv.label == "Conv2D `conv`"
    assert conv.channels_last
    assert [(param.role, spell(param.shape)) for param in conv.params] == [("weight", "16x3x5x3"), ("bias", "16")]
    assert values(conv)["strides"] == (2, 2)
    assert values(conv)["auto_pad"] == "SAME_UPPER"
    assert spelled(graph, conv) == "batchx16x16x16"
    assert [one.op for one in graph.nodes] == ["Input", "Conv", "Relu"]


def test_a_shared_convolution_keeps_its_bias_apart() -> None:
    graph = model(
        IMAGE
        + variable("w", 3, 3, 3, 16)
        + variable("b", 16)
        + convolution("conv", "x", "w/read")
        + node("sum", "AddV2", "conv", "b/read", T=FLOAT)
        + node("both", "Mul", "conv", "sum", T=FLOAT)
    )
    assert [one.op for one in graph.nodes] == ["Input", "Conv", "Add", "Mul"]


def test_channels_first_follows_data_format() -> None:
    graph = model(
        placeholder("x", 8, 3, 32, 32) + variable("w", 3, 3, 3, 16) + convolution("conv", "x", "w/read", layout="NCHW")
    )
    conv = only(graph, "Conv")
    assert not conv.channels_last
    assert spelled(graph, conv) == "8x16x32x32"


def test_groups_follow_from_the_depth_of_the_filter() -> None:
    grouped = model(placeholder("x", 1, 8, 8, 32) + variable("w", 3, 3, 8, 64) + convolution("conv", "x", "w/read"))
    assert spelled(grouped, only(grouped, "Conv")) == "1x8x8x64"
    (wrong,) = findings(placeholder("x", 1, 8, 8, 30) + variable("w", 3, 3, 8, 64) + convolution("conv", "x", "w/read"))
    assert wrong.rule == "channel-mismatch"
    assert "the weight of Conv2D `conv` is 64x8x3x3, made for 8 input channels, but 30 arrive" in wrong.message


def test_depthwise_filters_have_one_group_a_channel() -> None:
    graph = model(
        placeholder("x", 1, 8, 8, 4)
        + variable("w", 3, 3, 4, 2)
        + node("dw", "DepthwiseConv2dNative", "x", "w/read", strides=listed(1, 1, 1, 1), padding='s: "VALID"')
    )
    conv = only(graph, "Conv")
    assert values(conv)["group"] == 4
    assert spell(conv.params[0].shape) == "8x1x3x3"
    assert spelled(graph, conv) == "1x6x6x8"


def test_a_dense_layer_refuses_features_that_its_weight_does_not_take() -> None:
    text = (
        placeholder("x", -1, 100)
        + variable("w", 784, 10)
        + node("fc", "MatMul", "x", "w/read", transpose_a="b: false", transpose_b="b: false")
    )
    (wrong,) = findings(text)
    assert (wrong.rule, wrong.line, wrong.column) == (
        "dense-input-mismatch",
        text[: text.index('"x"\n  input')].count("\n") + 1,
        10,
    )
    assert wrong.message == "the weight of MatMul `fc` is made for 784 features, but its input batchx100 brings 100"


def test_dropout_is_found_in_both_of_its_spellings() -> None:
    drawn = (
        node("shape", "Shape", "x", T=FLOAT)
        + node("random", "RandomUniform", "shape", dtype=FLOAT)
        + constant("rate", 0.25, dims=())
        + constant("kept", 0.75, dims=())
        + constant("zero", 0.0, dims=())
    )
    newer = (
        constant("scale", 1.3333334, dims=())
        + node("scaled", "Mul", "x", "scale", T=FLOAT)
        + node("keep", "GreaterEqual", "random", "rate", T=FLOAT)
        + node("drop", "SelectV2", "keep", "scaled", "zero", T=FLOAT)
    )
    older = (
        node("scaled", "RealDiv", "x", "kept", T=FLOAT)
        + node("sum", "Add", "kept", "random", T=FLOAT)
        + node("mask", "Floor", "sum", T=FLOAT)
        + node("drop", "Mul", "scaled", "mask", T=FLOAT)
    )
    for spelling in (newer, older):
        graph = model(placeholder("x", 4, 10) + drawn + spelling)
        assert [one.op for one in graph.nodes] == ["Input", "Dropout"]
        assert values(only(graph, "Dropout")) == {"ratio": 0.25}
        assert only(graph, "Dropout").name == "drop"


def _batchnorm(mean: str, variance: str) -> str:
    return (
        constant("epsilon", 0.001, dims=())
        + node("add", "AddV2", variance, "epsilon", T=FLOAT)
        + node("rsqrt", "Rsqrt", "add", T=FLOAT)
        + node("inverse", "Mul", "rsqrt", "gamma/read", T=FLOAT)
        + node("scaled", "Mul", "x", "inverse", T=FLOAT)
        + node("centred", "Mul", mean, "inverse", T=FLOAT)
        + node("shift", "Sub", "beta/read", "centred", T=FLOAT)
        + node("bn", "AddV2", "scaled", "shift", T=FLOAT)
    )


def test_written_out_batch_normalisation_is_folded() -> None:
    start = IMAGE + variable("gamma", 3) + variable("beta", 3)
    inference = model(start + variable("m", 3) + variable("v", 3) + _batchnorm("m/read", "v/read"))
    norm = only(inference, "BatchNormalization")
    assert norm.label == "batch normalisation `bn`"
    assert values(norm) == {"epsilon": 0.001, "training_mode": 0}
    assert {param.role: param.learnable for param in norm.params} == {
        "scale": True, "bias": True, "mean": False, "variance": False,
    }  # fmt: skip
    moments = (
        constant("axes", 0, 1, 2)
        + node("m", "Mean", "x", "axes", T=FLOAT)
        + node("d", "SquaredDifference", "x", "m", T=FLOAT)
        + node("v", "Mean", "d", "axes", T=FLOAT)
    )
    training = model(start + moments + _batchnorm("m", "v"))
    assert values(only(training, "BatchNormalization"))["training_mode"] == 1
    assert [one.op for one in training.nodes] == ["Input", "BatchNormalization"]
    layer = model(
        start
        + moments.replace("int_val: 0 int_val: 1 int_val: 2", "int_val: -1").replace("size: 3 }", "size: 1 }")
        + _batchnorm("m", "v")
    )
    assert [one.op for one in layer.nodes] == ["Input", "LayerNormalization"]


def test_initialisers_are_read_from_the_graph() -> None:
    graph = model(
        placeholder("x", -1, 4)
        + normal("t", 4, 8, stddev=0.1)
        + normal("n", 8, 8, stddev=0.2, op="RandomStandardNormal")
        + constant("zeros", 0.0, dims=(8,))
        + variable("w1", 4, 8, start="t")
        + variable("w2", 8, 8, start="n")
        + variable("b", 8, start="zeros")
        + node("a", "MatMul", "x", "w1/read")
        + node("c", "BiasAdd", "a", "b/read")
        + node("d", "MatMul", "c", "w2/read")
    )
    first, second = graph.by_op["Gemm"]
    start = first.params[0].initializer
    assert (start.kind, start.spelled, start.number("std", 0), start.number("mean", 1)) == (
        "truncated_normal", "truncated_normal", 0.1, 0,
    )  # fmt: skip
    assert start.fields["std"].span is not None
    assert start.fields["std"].span.line == 23
    assert first.params[1].initializer.is_zero
    assert (second.params[0].initializer.kind, second.params[0].initializer.number("std", 0)) == ("normal", 0.2)


def _trained(loss: str, *, rate: float = 0.01) -> str:
    """A linear layer, its loss, and the update that an optimiser makes of a gradient."""
    return (
        placeholder("x", -1, 4)
        + placeholder("y", -1, 1)
        + constant("zeros", 0.0, dims=(4, 1))
        + variable("w", 4, 1, start="zeros")
        + variable("frozen", 1, start="zeros")
        + node("out", "MatMul", "x", "w/read")
        + node("sum", "BiasAdd", "out", "frozen/read")
        + loss
        + constant("all", 0, 1)
        + node("loss", "Mean", "each", "all", T=FLOAT)
        + node("gradients/loss_grad/Shape", "Shape", "each", T=FLOAT)
        + node("gradients/out_grad/MatMul", "MatMul", "x", "sum")
        + constant("GradientDescent/learning_rate", rate, dims=())
        + node("update", "ApplyGradientDescent", "w", "GradientDescent/learning_rate", "gradients/out_grad/MatMul")
    )


def test_an_optimiser_says_how_the_graph_is_trained() -> None:
    graph = model(_trained(node("each", "SquaredDifference", "sum", "y", T=FLOAT)))
    assert [one.op for one in graph.nodes] == ["Input", "Gemm", "Input", "MSELoss", "ReduceMean"]
    training = graph.training
    assert training.optimizer is not None
    assert training.optimizer.value == "SGD"
    assert training.learning_rate is not None
    assert training.learning_rate.value == 0.01
    assert training.place is not None
    assert [(param.role, param.trainable) for param in only(graph, "Gemm").params] == [
        ("weight", True),
        ("bias", False),
    ]


def test_losses_written_out_are_found() -> None:
    squared = node("d", "Sub", "sum", "y", T=FLOAT) + node("each", "Square", "d", T=FLOAT)
    absolute = node("d", "Sub", "y", "sum", T=FLOAT) + node("each", "Abs", "d", T=FLOAT)
    for text, op in ((squared, "MSELoss"), (absolute, "L1Loss")):
        loss = only(model(_trained(text)), op)
        assert [edge.value.name for edge in loss.inputs] == ["out", "y"] or loss.inputs[1].value.name == "y"
    logistic = (
        node("zero", "ZerosLike", "sum", T=FLOAT)
        + node("positive", "GreaterEqual", "sum", "zero", T=FLOAT)
        + node("clipped", "Select", "positive", "sum", "zero", T=FLOAT)
        + node("negative", "Neg", "sum", T=FLOAT)
        + node("small", "Select", "positive", "negative", "sum", T=FLOAT)
        + node("times", "Mul", "sum", "y", T=FLOAT)
        + node("linear", "Sub", "clipped", "times", T=FLOAT)
        + node("exp", "Exp", "small", T=FLOAT)
        + node("log", "Log1p", "exp", T=FLOAT)
        + node("each", "AddV2", "linear", "log", T=FLOAT)
    )
    graph = model(_trained(logistic))
    assert [one.op for one in graph.nodes] == ["Input", "Gemm", "Input", "BCEWithLogitsLoss", "ReduceMean"]


def test_a_column_of_predictions_and_a_vector_of_targets_broadcast_to_a_square() -> None:
    text = _trained(node("each", "SquaredDifference", "sum", "y", T=FLOAT))
    squared = text.replace(
        'name: "y"\n  op: "Placeholder"\n  attr { key: "dtype" value { type: DT_FLOAT } }\n  attr { key: "shape" value { shape { dim { size: -1 } dim { size: 1 } } } }',
        'name: "y"\n  op: "Placeholder"\n  attr { key: "shape" value { shape { dim { size: -1 } } } }',
    )
    assert squared != text
    (wrong,) = [one for one in findings(squared) if one.rule == "silent-broadcast"]
    assert wrong.message == (
        "squared error `each` joins `sum` batchx1 and `y` batch, which broadcast to batchxbatch: every element meets every "
        "other one, not its own"
    )
    assert [one for one in findings(text) if one.rule == "silent-broadcast"] == []


def test_a_difference_that_no_loss_is_stays_arithmetic() -> None:
    graph = model(
        placeholder("x", -1, 4) + variable("w", 4) + node("d", "Sub", "x", "w/read") + node("s", "Square", "d", T=FLOAT)
    )
    assert [one.op for one in graph.nodes] == ["Input", "Sub", "Mul"]


def test_softmax_before_the_loss_that_applies_it_is_told_at_the_input() -> None:
    text = (
        placeholder("x", -1, 8)
        + placeholder("y", -1, dtype=INT64)
        + variable("w", 8, 10)
        + node("fc", "MatMul", "x", "w/read")
        + node("p", "Softmax", "fc", T=FLOAT)
        + node("ce", "SparseSoftmaxCrossEntropyWithLogits", "p", "y", T=FLOAT, Tlabels=INT64)
    )
    (wrong,) = [one for one in findings(text) if one.severity == "error"]
    assert wrong.rule == "double-softmax"
    assert text.splitlines()[wrong.line - 1] == '  input: "p"'
    assert wrong.column == 10
    assert wrong.node == "ce"


def test_labels_of_the_wrong_number_are_told() -> None:
    text = (
        placeholder("x", 32, 10)
        + placeholder("y", 16, dtype=INT64)
        + node("ce", "SparseSoftmaxCrossEntropyWithLogits", "x", "y", T=FLOAT, Tlabels=INT64)
    )
    assert [(rule, message) for rule, _, message in told(text)] == [
        (
            "loss-label-count",
            "SparseSoftmaxCrossEntropyWithLogits `ce` gets scores 32x10 for 32 positions, but 16 labels (16)",
        )
    ]


def test_slices_masks_and_stacks() -> None:
    text = (
        placeholder("x", 2, 10, 6)
        + constant("begin", 0, 1, -1)
        + constant("end", 0, 8, 0)
        + constant("step", 1, 2, 1)
        + node(
            "cut",
            "StridedSlice",
            "x",
            "begin",
            "end",
            "step",
            begin_mask="i: 1",
            end_mask="i: 1",
            shrink_axis_mask="i: 4",
        )
        + node("stack", "Pack", "cut", "cut", axis="i: 1")
    )
    graph = model(text)
    assert spelled(graph, only(graph, "tensorflow::Pack")) == "2x2x4"


def test_shapes_are_computed_through_the_graph() -> None:
    text = (
        placeholder("x", -1, 4, 4, 8)
        + node("s", "Shape", "x", T=FLOAT)
        + constant("b", 0)
        + constant("e", 1)
        + constant("one", 1)
        + node("n", "StridedSlice", "s", "b", "e", "one", shrink_axis_mask="i: 1")
        + constant("rest", -1, dims=())
        + node("to", "Pack", "n", "rest", T=INT32)
        + node("flat", "Reshape", "x", "to", T=FLOAT)
    )
    graph = model(text)
    assert spelled(graph, only(graph, "Reshape")) == "batchx128"


def test_a_loop_of_tensorflow_1_is_no_circle_and_its_result_is_unknown() -> None:
    text = (
        placeholder("x", 3)
        + node("enter", "Enter", "x")
        + node("merge", "Merge", "enter", "next")
        + node("cond", "LoopCond", "merge:1")
        + node("switch", "Switch", "merge", "cond")
        + node("body", "Relu", "switch:1", T=FLOAT)
        + node("next", "NextIteration", "body")
        + node("exit", "Exit", "switch")
        + node("out", "Tanh", "exit", T=FLOAT)
    )
    assert findings(text) == []
    graph = model(text)
    assert spelled(graph, only(graph, "Tanh")) == "?"


def test_summaries_saving_and_moving_averages_are_no_part_of_the_network() -> None:
    text = _trained(node("each", "SquaredDifference", "sum", "y", T=FLOAT)) + (
        constant("tag", 1.0, dims=())
        + variable("average", 1)
        + node("ScalarSummary", "ScalarSummary", "tag", "loss")
        + node("difference", "Sub", "average/read", "frozen/read")
        + node("moving", "AssignSub", "average", "difference")
        + node("save/SaveV2", "SaveV2", "tag", "w")
    )
    assert [one.op for one in model(text).nodes] == ["Input", "Gemm", "Input", "MSELoss", "ReduceMean"]


def test_what_a_user_says_of_an_input_counts() -> None:
    graph = netlint.load(
        node("x", "Placeholder", dtype=FLOAT) + node("y", "Relu", "x", T=FLOAT),
        filename="graph.pbtxt",
        input_shapes=["x=2,3"],
    )[0]
    assert spelled(graph, only(graph, "Relu")) == "2x3"
    assert shape(2) in placeholder("x", 2)
