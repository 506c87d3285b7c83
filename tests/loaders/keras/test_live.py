"""Keras models in memory, and the lines of the calls that made their layers."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import netlint
import netlint.keras
from netlint.finding import Finding

keras: Any = pytest.importorskip("keras", reason="Keras is not installed")

BUILD = '''"""Builds networks."""

from {package} import Input, Model, Sequential, layers


def block(x, units):
    # äöü: columns count characters
    größe = layers.Dense(
        units, activation="relu"
    )(x)
    return größe


def build():
    inputs = Input((12,), name="inputs")
    x = inputs
    for units in (8, 6):
        x = block(x, units)
    head = Sequential([layers.Dropout(0.2), layers.Dense(1, activation="softmax")], name="head")
    model = Model(inputs, head(x))
    model.compile("adam", "binary_crossentropy")
    return model
'''


@pytest.fixture(params=["keras", "tf_keras"])
def module(request: pytest.FixtureRequest, tmp_path: Path) -> ModuleType:
    pytest.importorskip(request.param, reason=f"{request.param} is not installed")
    path = tmp_path / "networks.py"
    path.write_text(BUILD.replace("{package}", request.param), encoding="utf-8")
    spec = spec_from_file_location("networks", path)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def told(model: object, **options: Any) -> list[tuple[str, str, int, int]]:
    found: list[Finding] = netlint.lint(model, select=("one-unit-classifier",), **options).findings
    return [(Path(one.path).name, one.rule, one.line, one.column) for one in found]


def test_findings_stand_where_the_layer_is_made(module: ModuleType) -> None:
    with netlint.keras.record():
        model = module.build()
    assert told(model) == [("networks.py", "one-unit-classifier", 19, 45)]


def test_each_call_in_a_helper_has_its_line(module: ModuleType) -> None:
    with netlint.keras.record():
        model = module.build()
    (loaded,) = netlint.load(model)
    dense = [node for node in loaded.nodes if node.dialect_op == "Dense"]
    places = [
        (node.span.line, node.span.column, node.span.end_line, node.span.end_column) for node in dense if node.span
    ]
    assert places == [(8, 13, 10, 6), (8, 13, 10, 6), (19, 45, 19, 82)]


def test_without_a_record_there_are_names(module: ModuleType) -> None:
    (found,) = netlint.lint(module.build(), select=("one-unit-classifier",)).findings
    assert (found.line, found.column, found.node.rpartition("/")[0]) == (1, 1, "head")
    assert found.path.startswith("<")


def test_watching_ends_with_the_record(module: ModuleType) -> None:
    with netlint.keras.record():
        pass
    assert told(module.build())[0][2] == 1


# TensorFlow's variables do not know numpy 2's `copy`.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_the_model_is_the_one_of_its_file(tmp_path: Path) -> None:
    layers = keras.layers
    model = keras.Sequential([keras.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1, "softmax")])
    model.compile(keras.optimizers.SGD(0.5, momentum=0.9), "mse")
    model.save(tmp_path / "model.keras")
    (live,), (stored,) = netlint.load(model), netlint.load(tmp_path / "model.keras")
    for one, other in zip(live.nodes, stored.nodes, strict=True):
        assert (one.op, one.name, {name: attr.value for name, attr in one.attrs.items()}) == (
            other.op, other.name, {name: attr.value for name, attr in other.attrs.items()},
        )  # fmt: skip
    assert [attr and attr.value for attr in (live.training.optimizer, live.training.learning_rate)] == ["SGD", 0.5]


def test_a_model_of_its_own_class_is_opaque() -> None:
    class Own(keras.Model):  # type: ignore[misc] # Keras is Any here
        def __init__(self) -> None:
            super().__init__()
            self.dense = keras.layers.Dense(3)

        def call(self, inputs: Any) -> Any:
            return self.dense(inputs)

    (model,) = netlint.load(Own())
    assert [problem.rule for problem in model.problems] == ["opaque-model"]
    assert not model.nodes


def test_a_stranger_is_refused() -> None:
    with pytest.raises(
        TypeError, match=r"cannot lint an object of type object: give it a path, a text, .* a Keras model"
    ):
        netlint.lint(object())


def test_recording_imports_no_more_than_keras() -> None:
    code = "import netlint.keras, sys; print('keras' in sys.modules, 'numpy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["False", "False"]
