"""One small network by many writers: Keras 1, 2 and 3 in every format that they have give one model."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import netlint.api as api
from netlint.facts import Shapes
from netlint.model import AttrValue, Model, Node, Param

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

pytestmark = pytest.mark.filterwarnings("ignore")

#: As Keras 1.2.2 wrote it, by hand.
KERAS_1 = {
    "class_name": "Model",
    "keras_version": "1.2.2",
    "config": {
        "name": "net",
        "layers": [
            {
                "class_name": "InputLayer",
                "name": "image",
                "config": {
                    "batch_input_shape": [None, 16, 16, 3],
                    "input_dtype": "float32",
                    "sparse": False,
                    "name": "image",
                },
                "inbound_nodes": [],
            },
            {
                "class_name": "Convolution2D",
                "name": "conv",
                "config": {
                    "name": "conv",
                    "trainable": True,
                    "nb_filter": 8,
                    "nb_row": 3,
                    "nb_col": 3,
                    "init": "he_normal",
                    "activation": "linear",
                    "border_mode": "same",
                    "subsample": [1, 1],
                    "dim_ordering": "tf",
                    "W_regularizer": {"name": "L1L2Regularizer", "l1": 0.0, "l2": 0.01},
                    "b_regularizer": None,
                    "activity_regularizer": None,
                    "W_constraint": None,
                    "b_constraint": None,
                    "bias": True,
                },
                "inbound_nodes": [[["image", 0, 0]]],
            },
            {
                "class_name": "BatchNormalization",
                "name": "norm",
                "config": {
                    "name": "norm",
                    "trainable": True,
                    "epsilon": 0.001,
                    "mode": 0,
                    "axis": -1,
                    "momentum": 0.99,
                    "gamma_init": "one",
                    "beta_init": "zero",
                },
                "inbound_nodes": [[["conv", 0, 0]]],
            },
            {
                "class_name": "Activation",
                "name": "act",
                "config": {"name": "act", "trainable": True, "activation": "relu"},
                "inbound_nodes": [[["norm", 0, 0]]],
            },
            {
                "class_name": "MaxPooling2D",
                "name": "pool",
                "config": {
                    "name": "pool",
                    "trainable": True,
                    "pool_size": [2, 2],
                    "strides": [2, 2],
                    "border_mode": "valid",
                    "dim_ordering": "tf",
                },
                "inbound_nodes": [[["act", 0, 0]]],
            },
            {
                "class_name": "Flatten",
                "name": "flat",
                "config": {"name": "flat", "trainable": True},
                "inbound_nodes": [[["pool", 0, 0]]],
            },
            {
                "class_name": "Dropout",
                "name": "drop",
                "config": {"name": "drop", "trainable": True, "p": 0.5},
                "inbound_nodes": [[["flat", 0, 0]]],
            },
            *(
                {
                    "class_name": "Dense",
                    "name": name,
                    "config": {
                        "name": name,
                        "trainable": True,
                        "output_dim": units,
                        "init": "glorot_uniform",
                        "activation": activation,
                        "W_regularizer": None,
                        "bias": True,
                        "input_dim": 4,
                    },
                    "inbound_nodes": [[[before, 0, 0]]],
                }
                for name, units, activation, before in (("a", 16, "tanh", "drop"), ("b", 4, "linear", "drop"))
            ),
            {
                "class_name": "Merge",
                "name": "join",
                "config": {
                    "name": "join",
                    "mode": "concat",
                    "mode_type": "raw",
                    "concat_axis": -1,
                    "dot_axes": -1,
                    "output_shape": None,
                },
                "inbound_nodes": [[["a", 0, 0], ["b", 0, 0]]],
            },
            {
                "class_name": "Dense",
                "name": "scores",
                "config": {
                    "name": "scores",
                    "trainable": True,
                    "output_dim": 10,
                    "init": "glorot_uniform",
                    "activation": "softmax",
                    "bias": True,
                },
                "inbound_nodes": [[["join", 0, 0]]],
            },
        ],
        "input_layers": [["image", 0, 0]],
        "output_layers": [["scores", 0, 0]],
    },
}


def make(framework: Any) -> Any:
    """The same network by any Keras that can be imported."""
    layers = framework.layers
    image = framework.Input((16, 16, 3), name="image")
    x = layers.Conv2D(8, 3, padding="same", name="conv", kernel_initializer="he_normal", kernel_regularizer="l2")(image)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Activation("relu", name="act")(x)
    x = layers.MaxPooling2D(2, name="pool")(x)
    x = layers.Dropout(0.5, name="drop")(layers.Flatten(name="flat")(x))
    both = [layers.Dense(16, activation="tanh", name="a")(x), layers.Dense(4, name="b")(x)]
    scores = layers.Dense(10, activation="softmax", name="scores")(layers.Concatenate(name="join")(both))
    model = framework.Model(image, scores, name="net")
    model.compile(
        optimizer=framework.optimizers.SGD(0.1, momentum=0.9), loss="categorical_crossentropy", metrics=["accuracy"]
    )
    return model


def _keras_3(folder: Path) -> dict[str, Path]:
    model = make(pytest.importorskip("keras", reason="keras 3 is one of the writers"))
    # In this order: saving as HDF5 makes Keras 3.15 forget what `compile` was given.
    (folder / "keras3.json").write_text(model.to_json(indent=1), encoding="utf-8")
    model.save(folder / "keras3.keras")
    model.save(folder / "keras3.h5")
    return {name: folder / f"keras3.{name}" for name in ("keras", "h5", "json")}


def _keras_2(folder: Path) -> dict[str, Path]:
    model = make(pytest.importorskip("tf_keras", reason="Keras 2 is one of the writers"))
    model.save(folder / "keras2.keras")
    model.save(folder / "keras2.h5")
    model.save(folder / "saved", save_format="tf")
    return {
        "keras": folder / "keras2.keras",
        "h5": folder / "keras2.h5",
        "saved": folder / "saved" / "keras_metadata.pb",
    }


def _param(param: Param) -> tuple[object, ...]:
    start, pull = param.initializer, param.regularizer
    return (
        param.role,
        start.kind,
        sorted((name, field.value) for name, field in start.fields.items()),
        param.trainable,
        (pull.kind, {name: round(float(str(field.value)), 6) for name, field in pull.fields.items()}) if pull else None,
    )


#: What the versions say differently without meaning another network: 3 writes down what was implied before.
_IMPLIED = {"group": 1, "strides": (1, 1), "dilations": (1, 1), "keepdims": 0}


def _attrs(node: Node, shapes: Shapes) -> dict[str, AttrValue]:
    values = {name: attr.value for name, attr in node.attrs.items()}
    axis, shape = values.get("axis"), shapes.output(node)
    if isinstance(axis, int) and isinstance(shape, tuple):
        # Keras 2 counts a built layer's axis from the front.
        values["axis"] = axis % len(shape)
    return values


def network(model: Model) -> list[object]:
    """Everything that a rule can see of the network, without its words."""
    shapes = api.shapes(model)
    return [
        (
            node.name,
            node.op,
            {name: value for name, value in _attrs(node, shapes).items() if _IMPLIED.get(name) != value},
            [_param(param) for param in node.params],
            [(edge.slot, edge.value.producer.name if edge.value.producer else None) for edge in node.inputs],
            [shapes[value] for value in node.outputs],
            node.channels_last,
        )
        for node in model.nodes
        if node.dialect_op != "target" and "loss" not in node.name and "metrics" not in node.op
    ]


def training(model: Model) -> tuple[object, ...]:
    said = model.training
    return (
        said.optimizer and said.optimizer.value,
        said.learning_rate and said.learning_rate.value,
        said.momentum and said.momentum.value,
        # HDF5 and SavedModel keep the metric that Keras 2 chose by the loss, the others the word that was given.
        [node.op.replace("CategoricalAccuracy", "Accuracy") for node in model.nodes[-3:]],
    )


def findings(path: Path) -> list[tuple[str, str, str]]:
    return sorted((found.rule, found.severity, found.node) for found in api.lint(path).findings)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keras1") / "net.json"
    path.write_text(json.dumps(KERAS_1, indent=1), encoding="utf-8")
    return path


@pytest.mark.parametrize("writer", [_keras_2, _keras_3])
def test_every_format_gives_the_network_of_keras_1(
    writer: Callable[[Path], dict[str, Path]], reference: Path, tmp_path: Path
) -> None:
    wanted = network(api.load(reference)[0])
    for kind, path in writer(tmp_path).items():
        model = api.load(path)[0]
        assert [problem.message for problem in model.problems] == []
        assert network(model) == wanted, kind
        assert training(model) == (
            "SGD",
            0.1,
            0.9,
            ["Input", "keras::CategoricalCrossentropy", "keras::metrics::Accuracy"],
        ), kind
        assert findings(path) == findings(reference), kind


def test_keras_1_by_hand(reference: Path) -> None:
    model = api.load(reference)[0]
    assert [(node.label, node.op) for node in model.nodes] == [
        ("InputLayer `image`", "Input"),
        ("Convolution2D `conv`", "Conv"),
        ("BatchNormalization `norm`", "BatchNormalization"),
        ("Activation `act`", "Relu"),
        ("MaxPooling2D `pool`", "MaxPool"),
        ("Flatten `flat`", "Flatten"),
        ("Dropout `drop`", "Dropout"),
        ("Dense `a`", "Gemm"),
        ("tanh of Dense `a`", "Tanh"),
        ("Dense `b`", "Gemm"),
        ("Merge `join`", "Concat"),
        ("Dense `scores`", "Gemm"),
        ("softmax of Dense `scores`", "Softmax"),
    ]
    conv = model.nodes[1]
    assert (conv.attrs["out_channels"].word, conv.attrs["auto_pad"].word) == ("nb_filter", "border_mode")
    place = conv.attrs["out_channels"].span
    assert place is not None
    assert place.source.line(place.line).strip() == '"nb_filter": 8,'
