"""What the Keras room makes of a definition: places, weights, training, names."""

from __future__ import annotations

import json
from typing import Any

import netlint.api as api
from netlint.loaders.keras.places import Places
from netlint.model import Model, Source


def layer(kind: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": name, **config}}


IMAGE = layer("InputLayer", "image", batch_shape=[None, 8, 8, 3])


def sequential(*layers: dict[str, Any], **more: Any) -> str:
    return json.dumps({"class_name": "Sequential", "config": {"name": "net", "layers": [*layers]}, **more}, indent=1)


def load(text: str) -> Model:
    return api.load(text + "\n", filename="net.json")[0]


def test_values_are_located_in_the_text() -> None:
    text = '{"a": [1, {"b~/c": "x\\"y", "d": {}}],\n "e": null}'
    places = Places(Source("m.json", text), text)
    assert text[slice(*places.locate(()))] == text
    assert text[slice(*places.locate(("a", 1, "b~/c")))] == '"x\\"y"'
    assert text[slice(*places.locate(("a", 1, "d")))] == "{}"
    assert (places.span(("e",)).line, places.span(("e",)).column) == (2, 7)
    # What is not there is looked for where it should be.
    assert text[slice(*places.locate(("a", 7)))] == '[1, {"b~/c": "x\\"y", "d": {}}]'


def test_a_binary_source_has_pointers() -> None:
    text = '{"a": {"b~/c": 1}}'
    span = Places(Source("m.keras", binary=True), text, "config.json").span(("a", "b~/c"))
    assert span.pointer == "config.json#/a/b~0~1c"
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 1, 1, 1)
    assert text[span.start : span.end] == "1"


def test_attributes_stand_where_they_are_written() -> None:
    model = load(sequential(IMAGE, layer("Conv2D", "conv", filters=4, kernel_size=[3, 3], padding="same")))
    conv = model.nodes[1]
    place = conv.attrs["out_channels"].span
    assert place is not None
    assert place.source.line(place.line).strip() == '"filters": 4,'
    assert conv.span is not None
    assert conv.span.source.line(conv.span.line).strip() == '"class_name": "Conv2D",'
    assert "strides" not in conv.attrs


def test_frozen_layers() -> None:
    inside = layer("Sequential", "body", layers=[layer("Dense", "a", units=3)], trainable=False)
    text = sequential(
        layer("InputLayer", "x", batch_shape=[None, 5]), inside, layer("Dense", "b", units=2, trainable=False)
    )
    model = load(text)
    assert [(node.name, [param.trainable for param in node.params]) for node in model.nodes if node.params] == [
        ("body/a", [False, False]),
        ("b", [False, False]),
    ]
    norm = load(sequential(IMAGE, layer("BatchNormalization", "norm", trainable=False))).nodes[1]
    assert norm.get("training_mode", 1) == 0
    assert norm.attrs["training_mode"].word == "trainable"


def test_initialisers() -> None:
    kinds: list[tuple[Any, str, dict[str, Any]]] = [
        ("he_normal", "kaiming_normal", {}),
        (None, "xavier_uniform", {}),
        ("zeros", "constant", {"value": 0.0}),
        ({"class_name": "Constant", "config": {"value": 0.5}}, "constant", {"value": 0.5}),
        ({"class_name": "RandomNormal", "config": {"mean": 0.0, "stddev": 2.0}}, "normal", {"mean": 0.0, "std": 2.0}),
        ("uniform", "uniform", {"min": -0.05, "max": 0.05}),
        (
            {"class_name": "VarianceScaling", "config": {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"}},
            "xavier_uniform",
            {"scale": 1.0, "mode": "fan_avg", "distribution": "uniform"},
        ),
        ({"class_name": "Mine>Own", "config": {}}, "Own", {}),
    ]
    for given, kind, fields in kinds:
        config = {} if given is None else {"kernel_initializer": given}
        start = load(sequential(IMAGE, layer("Dense", "fc", units=2, **config))).nodes[1].params[0].initializer
        assert (start.kind, {name: attr.value for name, attr in start.fields.items()}) == (kind, fields)
        assert start.declared


def test_penalties_and_constraints() -> None:
    weight = load(
        sequential(
            IMAGE,
            layer(
                "Dense",
                "fc",
                units=2,
                kernel_regularizer={"class_name": "L1L2", "config": {"l1": 0.0, "l2": 0.01}},
                kernel_constraint={"class_name": "MaxNorm", "config": {"max_value": 2, "axis": 0}},
                activity_regularizer={"class_name": "L1", "config": {"l1": 0.1}},
            ),
        )
    ).nodes[1]
    pull, limit = weight.params[0].regularizer, weight.params[0].constraint
    assert pull is not None
    assert (pull.kind, pull.number("l2", 0.0)) == ("l2", 0.01)
    assert limit is not None
    assert (limit.kind, limit.number("max_value", 0.0)) == ("max_norm", 2.0)
    assert (weight.get("activity_regularizer", ""), weight.get("activity_l1", 0.0)) == ("l1", 0.1)


def test_training() -> None:
    schedule = {"class_name": "ExponentialDecay", "config": {"initial_learning_rate": 0.10000000149011612}}
    optimizer = {
        "class_name": "Adam",
        "config": {"learning_rate": schedule, "beta_1": 0.9, "beta_2": 0.999, "global_clipnorm": 1.0},
    }
    loss = {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}}
    compiled = {"optimizer": optimizer, "loss": loss, "loss_weights": [0.5], "metrics": ["accuracy", "my_metric"]}
    model = load(sequential(IMAGE, layer("Dense", "fc", units=2), compile_config=compiled))
    said = model.training
    assert said.known
    values = [
        attr and attr.value
        for attr in (
            said.optimizer,
            said.learning_rate,
            said.learning_rate_policy,
            said.momentum,
            said.second_momentum,
            said.gradient_limit,
        )
    ]
    assert values == ["Adam", 0.1, "ExponentialDecay", 0.9, 0.999, 1.0]
    target, criterion, accuracy, own = model.nodes[2:]
    assert (target.op, target.label) == ("Input", "target `target`")
    assert (criterion.op, criterion.label) == ("CrossEntropyLoss", "SparseCategoricalCrossentropy `loss`")
    assert (criterion.get("from_logits", False), criterion.get("axis", 1), criterion.get("sparse", False)) == (
        True,
        -1,
        True,
    )
    assert criterion.get("loss_weight", ()) == (0.5,)
    assert [edge.value.name for edge in criterion.inputs] == ["fc", "target"]
    assert (accuracy.op, own.op) == ("keras::metrics::Accuracy", "keras::metrics::CustomMetric")


def test_losses_by_the_names_of_outputs() -> None:
    def called(kind: str, name: str, before: str, **config: Any) -> dict[str, Any]:
        return {**layer(kind, name, **config), "name": name, "inbound_nodes": [[[before, 0, 0, {}]]]}

    model = {
        "class_name": "Functional",
        "config": {
            "name": "two",
            "layers": [
                {**layer("InputLayer", "x", batch_shape=[None, 4]), "name": "x", "inbound_nodes": []},
                called("Dense", "score", "x", units=1),
                called("Dense", "kind", "x", units=3, activation="softmax"),
            ],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["score", 0, 0], ["kind", 0, 0]],
        },
        "compile_config": {
            "optimizer": "sgd",
            "loss": {"score": "mse", "kind": "categorical_crossentropy"},
            "loss_weights": {"score": 0.1, "kind": 1.0},
            "metrics": {"kind": ["accuracy"]},
        },
    }
    loaded = load(json.dumps(model))
    assert [(node.label, node.op, node.get("loss_weight", ())) for node in loaded.nodes[4:]] == [
        ("target `target of score`", "Input", ()),
        ("mse `loss of score`", "MSELoss", (0.1,)),
        ("target `target of kind`", "Input", ()),
        ("categorical_crossentropy `loss of kind`", "keras::CategoricalCrossentropy", (1.0,)),
        ("accuracy `accuracy`", "keras::metrics::Accuracy", ()),
    ]


def test_comments_are_read_over_and_obeyed() -> None:
    text = (
        '{"class_name": "Sequential", "config": {"name": "net", "layers": [\n'
        ' {"class_name": "InputLayer", "config": {"name": "x // no comment", "batch_shape": [null, 4]}},\n'
        ' {"class_name": "Dense", "config": {"name": "a", "units": 3, "activation": "softmax"}},  // a note\n'
        ' {"class_name": "Softmax", "config": {"name": "b"}}  // netlint: ignore[double-softmax] on purpose\n'
        "]}}\n"
    )
    assert api.lint(text, filename="net.json", select=["double-softmax"]).findings == []
    found = api.lint(text.replace("netlint:", "once:"), filename="net.json", select=["double-softmax"]).findings
    assert [(finding.line, finding.column, finding.node) for finding in found] == [(4, 17, "b")]
    assert load(text).nodes[0].name == "x // no comment"


def test_duplicate_names_are_refused_by_keras() -> None:
    text = sequential(IMAGE, layer("Dense", "fc", units=2), layer("Dense", "fc", units=2))
    found = api.lint(text, filename="net.json", select=["duplicate-layer-name"]).findings
    assert [(finding.severity, finding.line > 10) for finding in found] == [("error", True)]
    assert found[0].message == (
        "Dense `fc` has the name of an earlier layer, Dense `fc`: Keras wants a name for each layer of Sequential `net` "
        "and refuses to load it"
    )


def test_a_sequential_model_of_keras_1() -> None:
    """Its configuration is the list of its layers, and the first of them has the shape of the input."""
    layers = [
        {"class_name": "Convolution2D", "config": {"name": "c", "nb_filter": 4, "nb_row": 3, "nb_col": 5,
                                                   "batch_input_shape": [None, 3, 12, 12], "dim_ordering": "th"}},
        {"class_name": "AveragePooling2D", "config": {"name": "p", "pool_size": [2, 2], "dim_ordering": "th"}},
        {"class_name": "Flatten", "config": {"name": "f"}},
        {"class_name": "MaxoutDense", "config": {"name": "m", "output_dim": 6, "nb_feature": 3}},
        {"class_name": "Highway", "config": {"name": "h", "activation": "relu"}},
        {"class_name": "Dense", "config": {"name": "d", "output_dim": 2, "init": "zero"}},
    ]  # fmt: skip
    model = load(json.dumps({"class_name": "Sequential", "config": layers, "keras_version": "1.2.2"}))
    shapes = api.shapes(model)
    assert [problem.message for problem in model.problems] == []
    assert [(node.name, str(shapes.output(node)[0]), shapes.output(node)[1:]) for node in model.nodes] == [  # type: ignore[index]
        ("c_input", "batch", (3, 12, 12)),
        ("c", "batch", (4, 10, 8)),
        ("p", "batch", (4, 5, 4)),
        ("f", "batch", (80,)),
        ("m", "batch", (6,)),
        ("h", "batch", (6,)),
        ("d", "batch", (2,)),
    ]
    assert model.nodes[-1].params[0].initializer.is_zero
    first = model.nodes[1].attrs["kernel_shape"].span
    assert first is not None
    assert first.source.text[first.start : first.end] == "3"
