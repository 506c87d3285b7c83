"""Graphs that TensorFlow itself makes: netlint's shapes are those that it infers, and good networks get no finding."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import netlint
from netlint.api import load, shapes
from netlint.model import Model, spell

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
tf: Any = pytest.importorskip("tensorflow", reason="the oracle of these tests is TensorFlow itself")
v1 = tf.compat.v1


def agrees(model: Model) -> int:
    """How many values have the shape that TensorFlow wrote into the graph; none may have another."""
    declared, model.elsewhere = model.elsewhere, {}
    inferred = shapes(model)
    count = 0
    for value in model.values:
        wanted, own = declared.get(value.name), inferred[value]
        if not isinstance(wanted, tuple) or not isinstance(own, tuple):
            continue
        assert len(own) == len(wanted), (value.name, spell(own), spell(wanted))
        clash = [
            (a, b) for a, b in zip(own, wanted, strict=True) if isinstance(a, int) and isinstance(b, int) and a != b
        ]
        assert not clash, (value.name, spell(own), spell(wanted))
        count += 1
    return count


def written(path: Path, build: Callable[[], Any], *, resources: bool) -> Path:
    """The graph that `build` makes, as a binary file."""
    with tf.Graph().as_default() as graph:
        (v1.enable_resource_variables if resources else v1.disable_resource_variables)()
        build()
        path.write_bytes(graph.as_graph_def(add_shapes=True).SerializeToString())
        v1.enable_resource_variables()
    return path


def worst(path: Path) -> list[tuple[str, str]]:
    return [(one.rule, one.message) for one in netlint.lint(path).findings if one.severity != "info"]


def mnist() -> None:
    """The TensorFlow 1 tutorial's network: two convolutions, dropout by a placeholder, Adam."""
    x = v1.placeholder(tf.float32, [None, 784], name="x")
    labels = v1.placeholder(tf.int64, [None], name="labels")

    def weight(*dims: int) -> Any:
        return v1.Variable(v1.truncated_normal(dims, stddev=0.1))

    def bias(units: int) -> Any:
        return v1.Variable(tf.constant(0.1, shape=[units]))

    value, channels = tf.reshape(x, [-1, 28, 28, 1]), 1
    for units in (32, 64):
        value = tf.nn.conv2d(value, weight(5, 5, channels, units), strides=[1, 1, 1, 1], padding="SAME")
        value = v1.nn.max_pool(tf.nn.relu(value + bias(units)), [1, 2, 2, 1], [1, 2, 2, 1], "SAME")
        channels = units
    value = tf.reshape(value, [-1, 7 * 7 * 64])
    value = tf.nn.relu(tf.matmul(value, weight(7 * 7 * 64, 1024)) + bias(1024))
    value = v1.nn.dropout(value, keep_prob=v1.placeholder(tf.float32, name="keep"))
    scores = tf.matmul(value, weight(1024, 10)) + bias(10)
    loss = tf.reduce_mean(v1.losses.sparse_softmax_cross_entropy(labels=labels, logits=scores))
    v1.summary.scalar("loss", loss)
    v1.train.AdamOptimizer(1e-4).minimize(loss)
    tf.reduce_mean(tf.cast(tf.equal(tf.argmax(scores, 1), labels), tf.float32), name="accuracy")
    v1.train.Saver()


def cifar() -> None:
    """The CIFAR-10 tutorial's: LRN, weight decay, a decaying rate, moving averages of losses and variables."""
    images, labels = v1.placeholder(tf.float32, [128, 24, 24, 3]), v1.placeholder(tf.int32, [128])

    def weight(name: str, *dims: int, stddev: float, decay: float = 0.0) -> Any:
        made = v1.get_variable(name, dims, initializer=v1.truncated_normal_initializer(stddev=stddev))
        if decay:
            v1.add_to_collection("losses", tf.multiply(tf.nn.l2_loss(made), decay, name="weight_loss"))
        return made

    def bias(units: int, value: float) -> Any:
        return v1.get_variable("biases", [units], initializer=v1.constant_initializer(value))

    value, channels = images, 3
    for index in (1, 2):
        with v1.variable_scope(f"conv{index}"):
            made = tf.nn.conv2d(value, weight("weights", 5, 5, channels, 64, stddev=5e-2), [1, 1, 1, 1], padding="SAME")
            value = tf.nn.relu(tf.nn.bias_add(made, bias(64, 0.1)))
        v1.summary.scalar(f"sparsity{index}", tf.nn.zero_fraction(value))
        value = v1.nn.lrn(v1.nn.max_pool(value, [1, 3, 3, 1], [1, 2, 2, 1], "SAME"), 4, alpha=1e-3 / 9, beta=0.75)
        channels = 64
    value = tf.reshape(value, [128, -1])
    for name, units in (("local3", 384), ("local4", 192)):
        with v1.variable_scope(name):
            weights = weight("weights", int(value.shape[1]), units, stddev=0.04, decay=0.004)
            value = tf.nn.relu(tf.matmul(value, weights) + bias(units, 0.1))
    with v1.variable_scope("scores"):
        scores = tf.matmul(value, weight("weights", 192, 10, stddev=1 / 192)) + bias(10, 0.0)
    each = v1.nn.sparse_softmax_cross_entropy_with_logits(labels=tf.cast(labels, tf.int64), logits=scores)
    v1.add_to_collection("losses", tf.reduce_mean(each, name="cross_entropy"))
    total = tf.add_n(v1.get_collection("losses"), name="total_loss")
    averages = v1.train.ExponentialMovingAverage(0.9).apply([*v1.get_collection("losses"), total])
    step = v1.train.get_or_create_global_step()
    with v1.control_dependencies([averages]):
        rate = v1.train.exponential_decay(0.1, step, 39062, 0.1, staircase=True)
        v1.train.GradientDescentOptimizer(rate).minimize(total, global_step=step)


@pytest.mark.parametrize("resources", [False, True])
def test_the_mnist_tutorial(tmp_path: Path, resources: bool) -> None:
    path = written(tmp_path / "graph.pb", mnist, resources=resources)
    assert worst(path) == []
    (model,) = load(path)
    assert agrees(model) > 30
    assert [one.op for one in model.nodes if one.params] == ["Conv", "Conv", "Gemm", "Gemm"]
    assert [param.role for one in model.nodes for param in one.params] == ["weight", "bias"] * 4
    starts = [param.initializer for one in model.nodes for param in one.params]
    assert [(one.kind, round(one.number("std", 0), 6), round(one.number("value", 0), 6)) for one in starts] == [
        ("truncated_normal", 0.1, 0.0),
        ("constant", 0.0, 0.1),
    ] * 4
    assert model.training.optimizer is not None
    assert model.training.optimizer.value == "Adam"
    assert model.training.learning_rate is not None
    assert model.training.learning_rate.value == 1e-4
    (dropout,) = model.by_op["Dropout"]
    assert not isinstance(dropout.attrs["ratio"].value, float)


def test_the_cifar_tutorial(tmp_path: Path) -> None:
    path = written(tmp_path / "graph.pb", cifar, resources=False)
    assert worst(path) == []
    (model,) = load(path)
    assert agrees(model) > 20
    assert model.training.learning_rate is None
    assert [one.op for one in model.nodes if "gradients" in one.name or "avg" in one.name] == []
    assert [value.name for value in model.outputs] == ["total_loss"]


def test_text_and_binary_give_the_same(tmp_path: Path) -> None:
    from google.protobuf import text_format

    path = written(tmp_path / "graph.pb", mnist, resources=True)
    graph = v1.GraphDef.FromString(path.read_bytes())
    text = tmp_path / "graph.pbtxt"
    text.write_text(text_format.MessageToString(graph))
    (one,), (other,) = load(path), load(text)
    assert [(node.op, node.name, node.params and node.params[0].shape) for node in one.nodes] == [
        (node.op, node.name, node.params and node.params[0].shape) for node in other.nodes
    ]
    lines = text.read_text().splitlines()
    for node in other.nodes:
        assert node.span is not None
        assert lines[node.span.line - 1] == f'  name: "{node.name}"'


def test_dilated_grouped_and_transposed_convolutions(tmp_path: Path) -> None:
    def build() -> None:
        x = v1.placeholder(tf.float32, [2, 17, 23, 12])
        draw = v1.random_normal_initializer(stddev=0.05)
        for padding in ("SAME", "VALID"):
            for stride, dilation in ((1, 1), (2, 1), (3, 1), (1, 2)):
                name = f"{padding}{stride}{dilation}"
                weight = v1.get_variable(f"g{name}", [3, 2, 4, 6], initializer=draw)
                tf.nn.conv2d(x, weight, stride, padding, dilations=dilation)
                deep = v1.get_variable(f"d{name}", [3, 2, 12, 2], initializer=draw)
                tf.nn.depthwise_conv2d(x, deep, [1, stride, stride, 1], padding, dilations=[dilation, dilation])
                v1.nn.max_pool(x, [1, 3, 2, 1], [1, stride, stride, 1], padding)
                v1.nn.avg_pool(x, [1, 3, 2, 1], [1, stride, stride, 1], padding)
        weight = v1.get_variable("up", [4, 4, 5, 12], initializer=draw)
        tf.nn.conv2d_transpose(x, weight, [2, 34, 46, 5], 2, "SAME")
        tf.nn.conv2d(x, v1.get_variable("e", [3, 3, 12, 4], initializer=draw), 1, [[0, 0], [2, 1], [0, 3], [0, 0]])

    (model,) = load(written(tmp_path / "graph.pb", build, resources=True))
    assert agrees(model) >= 34
    assert netlint.lint(tmp_path / "graph.pb").count("error") == 0


@pytest.mark.parametrize("name", ["MobileNetV2", "ResNet50V2", "EfficientNetB0"])
def test_applications_of_keras(tmp_path: Path, name: str) -> None:
    keras = pytest.importorskip("keras")
    constants = pytest.importorskip("tensorflow.python.framework.convert_to_constants")
    network = getattr(keras.applications, name)(weights=None)
    network.export(str(tmp_path / "saved"), verbose=False)
    side = int(network.inputs[0].shape[1])
    traced = tf.function(lambda x: network(x, training=False))
    frozen = constants.convert_variables_to_constants_v2(
        traced.get_concrete_function(tf.TensorSpec([None, side, side, 3], tf.float32))
    )
    (tmp_path / "frozen.pb").write_bytes(frozen.graph.as_graph_def(add_shapes=True).SerializeToString())
    for path in (tmp_path / "saved", tmp_path / "frozen.pb"):
        assert worst(path) == []
        (model,) = load(path)
        convolutions = [layer for layer in network.layers if "Conv2D" in type(layer).__name__]
        norms = [layer for layer in network.layers if type(layer).__name__ == "BatchNormalization"]
        assert len(model.by_op["Conv"]) == len(convolutions)
        assert len(model.by_op["BatchNormalization"]) == len(norms)
        assert agrees(model) > len(convolutions) + len(norms)
        (result,) = model.outputs
        assert spell(shapes(model)[result]) == "batchx1000"


def test_keras_2_saves(tmp_path: Path) -> None:
    keras = pytest.importorskip("tf_keras")
    layers = keras.layers
    given = keras.Input((40, 32))
    attended = layers.LayerNormalization()(layers.MultiHeadAttention(4, 8)(given, given) + given)
    wide = layers.Dense(32)(layers.Dense(64, activation="gelu")(attended))
    scores = layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling1D()(layers.LayerNormalization()(wide)))
    keras.Model(given, scores).save(tmp_path / "attention", save_format="tf")
    recurrent = keras.Sequential(
        [layers.Input((40,)), layers.Embedding(1000, 32), layers.LSTM(64), layers.Dense(1, activation="sigmoid")]
    )
    recurrent.save(tmp_path / "recurrent", save_format="tf")
    for folder in ("attention", "recurrent"):
        # Keras' own description comes first ...
        assert {one.dialect for one in load(tmp_path / folder)} == {"keras"}
        # ... and without it the graph is read.
        (tmp_path / folder / "keras_metadata.pb").unlink()
        assert {one.dialect for one in load(tmp_path / folder)} == {"tensorflow"}
        assert worst(tmp_path / folder) == []
        assert agrees(load(tmp_path / folder)[0]) > 10
