"""What published Keras files hold that looks like a mistake and is none."""

from __future__ import annotations

import json

from netlint.api import lint, load, shapes


def entry(kind: str, name: str, *inbound: list[list[object]], **config: object) -> dict[str, object]:
    return {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": list(inbound)}


def network(layers: list[dict[str, object]], outputs: list[list[object]], version: str = "2.2.4") -> str:
    inputs = [[layer["name"], 0, 0] for layer in layers if layer["class_name"] == "InputLayer"]
    config = {"name": "net", "layers": layers, "input_layers": inputs, "output_layers": outputs}
    return json.dumps({"class_name": "Model", "keras_version": version, "config": config}, indent=1)


def told(text: str, *rules: str) -> list[tuple[str, str]]:
    found = lint(text, filename="net.json", select=rules)
    return [(one.rule, one.node) for one in found.findings]


def test_a_layer_of_keras_1_that_does_not_say_its_ordering() -> None:
    convolution = {"nb_filter": 8, "nb_row": 3, "nb_col": 3, "border_mode": "same", "dim_ordering": "th"}
    text = network(
        [
            entry("InputLayer", "image", batch_input_shape=[None, 1, 24, 24]),
            entry("Convolution2D", "conv", [["image", 0, 0]], **convolution),
            entry("UpSampling2D", "up", [["conv", 0, 0]], size=[2, 2]),
        ],
        [["up", 0, 0]],
        "1.0.5",
    )
    model = load(text, filename="net.json")[0]
    up = next(node for node in model.nodes if node.name == "up")
    shape = shapes(model).output(up)
    assert isinstance(shape, tuple)
    assert shape[1:] == (8, 48, 48)


def test_a_separable_convolution_is_one_layer() -> None:
    text = network(
        [
            entry("InputLayer", "image", batch_input_shape=[None, 8, 8, 5]),
            entry(
                "SeparableConv2D", "sep", [["image", 0, 0, {}]],
                filters=6, kernel_size=[3, 3], depth_multiplier=2, activation="linear",
            ),
        ],
        [["sep", 0, 0]],
    )  # fmt: skip
    assert told(text, "missing-activation") == []


def test_states_of_a_bidirectional_layer_are_uses_of_it() -> None:
    lstm = {"class_name": "LSTM", "config": {"name": "lstm", "units": 4, "return_state": True}}
    layers = [
        entry("InputLayer", "words", batch_input_shape=[None, 7, 3]),
        entry("Bidirectional", "both", [["words", 0, 0, {}]], layer=lstm, merge_mode="concat"),
        entry("Concatenate", "state", [["both", 0, 1, {}], ["both", 0, 3, {}]], axis=-1),
    ]
    assert told(network(layers, [["state", 0, 0]]), "dead-node") == []
    apart = [*layers[:2], entry("Dense", "out", [["words", 0, 0, {}]], units=2)]
    assert [rule for rule, _ in told(network(apart, [["out", 0, 0]]), "dead-node")] == ["dead-node"]
