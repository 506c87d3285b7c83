"""Damaged models: whatever stands in the JSON, there is a model or one finding, never an exception."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

import netlint.api as api
from tests.loaders.keras.test_writers import KERAS_1

_JUNK: tuple[Any, ...] = (
    *(None, True, 0, -1, 1, 3, 10**30, 1.5, float("inf"), "", "x", "same", "relu", "Sequential", "LSTM", [], [[]]),
    *([None], [1, 2], [-1, 0], ["conv", 0, 0], {}, {"class_name": "Dense"}, {"class_name": "Dense", "config": {}}),
    *({"class_name": "__keras_tensor__", "config": {"keras_history": ["image", 0, 0]}}, {"layers": []}),
    *({"class_name": "Sequential", "config": {"layers": [{"class_name": "Dense"}]}}, {"class_name": None, "config": 3}),
)


def _layer(kind: str, **config: Any) -> dict[str, Any]:
    return {"class_name": kind, "config": {"name": kind.lower(), **config}}


KERAS_3: dict[str, Any] = {
    "class_name": "Sequential",
    "config": {
        "name": "net",
        "layers": [
            _layer("InputLayer", batch_shape=[None, 12, 16]),
            _layer("Bidirectional", layer=_layer("LSTM", units=4, return_sequences=True), merge_mode="concat"),
            _layer("TimeDistributed", layer=_layer("Dense", units=3, activation="relu")),
            _layer("RNN", cell=_layer("GRUCell", units=4), return_sequences=True),
            _layer("MultiHeadAttention", num_heads=2, key_dim=4),
            _layer("EinsumDense", equation="abc,cd->abd", output_shape=[None, 5], bias_axes="d"),
            _layer("Reshape", target_shape=[4, 3, 5]),
            _layer("ZeroPadding2D", padding=[[1, 2], [3, 4]]),
            _layer("Conv2DTranspose", filters=4, kernel_size=[3, 3], strides=[2, 2], output_padding=[1, 1]),
            _layer("SeparableConv2D", filters=4, kernel_size=3, padding="same"),
            _layer("GroupNormalization", groups=2),
            _layer("PReLU", shared_axes=[1, 2]),
            _layer("Resizing", height=3, width=3),
            _layer("GlobalAveragePooling2D", keepdims=False),
            _layer("Dense", units=2, kernel_initializer={"class_name": "VarianceScaling", "config": {"scale": 2.0}}),
        ],
    },
    "compile_config": {
        "optimizer": {"class_name": "SGD", "config": {"learning_rate": {"class_name": "CosineDecay", "config": {}}}},
        "loss": {"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}},
        "loss_weights": [1.0],
        "metrics": [["accuracy"], {"class_name": "MeanMetricWrapper", "config": {"fn": "mse"}}],
    },
}


def _places(item: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(item, dict):
        for key, part in item.items():
            found += _places(part, (*path, key))
    elif isinstance(item, list):
        for index, part in enumerate(item):
            found += _places(part, (*path, index))
    return found


def _damaged(model: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    changed = copy.deepcopy(model)
    for _ in range(dice.randint(1, 3)):
        *way, last = dice.choice(_places(changed))
        where: Any = changed
        for key in way:
            where = where[key]
        if dice.random() < 0.2 and isinstance(where, dict):
            del where[last]
        else:
            where[last] = copy.deepcopy(dice.choice(_JUNK))
    return changed


@pytest.mark.parametrize("model", [KERAS_1, KERAS_3], ids=["keras1", "keras3"])
@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_model_never_raises(model: dict[str, Any], seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(5):
        text = json.dumps(_damaged(model, dice), indent=1)
        report = api.lint(text, filename="model.json")
        broken = [finding.message for finding in report.findings if finding.rule == "internal-error"]
        assert broken == [], text
        for finding in report.findings:
            assert finding.line >= 1


def test_the_undamaged_models_are_read_whole() -> None:
    for model in (KERAS_1, KERAS_3):
        loaded = api.load(json.dumps(model) + "\n", filename="model.json")[0]
        assert [problem.rule for problem in loaded.problems] == []
        shapes = api.shapes(loaded)
        assert all(isinstance(shapes[value], tuple) for node in loaded.nodes for value in node.outputs if node.params)
