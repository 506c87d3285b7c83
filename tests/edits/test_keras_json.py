"""Edits of the JSON of Keras."""

from __future__ import annotations

import json

import pytest

from netlint import Node, load
from netlint.api_fix import fix
from netlint.edits import Edits, remove_sequential, set_argument, without_bias, write, write_word
from netlint.engine.edit import apply_edits, text_edit

DENSE = {"class_name": "Dense", "config": {"name": "d", "units": 4, "use_bias": True, "activation": "relu"}}
MODEL = {
    "class_name": "Sequential",
    "config": {
        "name": "s",
        "layers": [
            {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 8]}},
            DENSE,
            {"class_name": "Dropout", "config": {"name": "drop", "rate": 0.5}},
        ],
    },
}


def applied(text: str, edits: Edits) -> str:
    return apply_edits(text, map(text_edit, edits))


def layer(text: str, name: str) -> Node:
    (model,) = load(f"{text}\n", filename="m.json")
    return next(node for node in model.nodes if node.name == name)


@pytest.mark.parametrize("indent", [None, 2, 4])
def test_an_argument_is_written_where_it_stands(indent: int | None) -> None:
    text = json.dumps(MODEL, indent=indent)
    assert applied(text, without_bias(layer(text, "d"))) == text.replace('"use_bias": true', '"use_bias": false')


def test_an_argument_that_is_missing_is_added_in_the_style_of_the_others() -> None:
    short = json.dumps(MODEL)
    assert applied(short, set_argument(layer(short, "d"), "dtype", '"float32"')) == short.replace(
        '"activation": "relu"', '"activation": "relu", "dtype": "float32"'
    )
    spread = json.dumps(MODEL, indent=2)
    found = applied(spread, set_argument(layer(spread, "d"), "dtype", '"float32"'))
    assert found == spread.replace('"activation": "relu"', '"activation": "relu",\n          "dtype": "float32"')


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(("name", "index"), [("d", 1), ("drop", 2)])
def test_a_layer_of_a_sequential_model_goes(name: str, index: int, indent: int | None) -> None:
    text = json.dumps(MODEL, indent=indent)
    after = applied(text, remove_sequential(layer(text, name)))
    expected = json.loads(text)
    del expected["config"]["layers"][index]
    assert after == json.dumps(expected, indent=indent)


def test_a_layer_of_a_functional_model_stays() -> None:
    model = {
        "class_name": "Functional",
        "config": {
            "name": "f",
            "layers": [
                {
                    "class_name": "InputLayer",
                    "name": "x",
                    "config": {"name": "x", "batch_input_shape": [None, 8]},
                    "inbound_nodes": [],
                },
                {
                    "class_name": "Dropout",
                    "name": "drop",
                    "config": {"name": "drop", "rate": 0.5},
                    "inbound_nodes": [[["x", 0, 0, {}]]],
                },
            ],
            "input_layers": [["x", 0, 0]],
            "output_layers": [["drop", 0, 0]],
        },
        "keras_version": "2.13.1",
    }
    text = json.dumps(model)
    assert remove_sequential(layer(text, "drop")) == ()


def test_only_the_very_value_is_written_over() -> None:
    text = json.dumps(MODEL)
    drop, dense = layer(text, "drop"), layer(text, "d")
    assert applied(text, write(drop.attrs["ratio"], "0.1")) == text.replace('"rate": 0.5', '"rate": 0.1')
    activation = next(iter(dense.successors))
    assert applied(text, write_word(activation, ("relu",), "linear")) == text.replace('"relu"', '"linear"')
    assert write_word(activation, ("tanh",), "linear") == ()
    assert write_word(dense, ("relu",), "linear") == ()


def test_comments_and_line_ends_stay() -> None:
    text = """{"class_name": "Sequential", "config": {"name": "s", "layers": [  // two layers
  {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [null, 8, 8, 3]}},
  {"class_name": "Conv2D", "config": {"name": "conv", "filters": 4, "kernel_size": [3, 3],
    "use_bias": true}},  // as in the "paper"
  {"class_name": "BatchNormalization", "config": {"name": "norm"}}  // the end
]}}
""".replace("\n", "\r\n")
    (change,) = fix(text, filename="m.json", unsafe=True, select=("bias-before-batchnorm",)).fixed.changes
    assert change.after.decode() == text.replace('"use_bias": true', '"use_bias": false')
