"""Shapes of every layer, compared with Keras itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

import netlint.api as api
from netlint.loaders.keras.layers import kinds
from tests.loaders.keras import networks, zoo
from tests.loaders.keras.oracle import differences

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
keras: Any = pytest.importorskip("keras", reason="keras is not installed: it is the oracle of this test")

# What Keras and numpy say of each other is not our affair.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.mark.parametrize("case", list(zoo.cases()), ids=lambda case: f"{case[0]}-{case[2]}")
def test_zoo(case: zoo.Case, tmp_path: Path) -> None:
    keras.backend.clear_session()
    try:
        model = zoo.make(keras, case)
    except ImportError as error:
        pytest.skip(f"Keras itself needs another package for this layer: {error}")
    path = tmp_path / "model.json"
    path.write_text(model.to_json(indent=1), encoding="utf-8")
    assert differences(str(path), model) == [], case


#: Not layers of a network: they wrap other frameworks, or are base classes.
_LEFT_OUT = frozenset(
    (
        "FlaxLayer",
        "Input",
        "InputLayer",
        "InputSpec",
        "JaxLayer",
        "Lambda",
        "Layer",
        "Pipeline",
        "TFSMLayer",
        "TorchModuleWrapper",
        "Wrapper",
        "SimpleRNNCell",
        "GRUCell",
        "LSTMCell",
        "StackedRNNCells",
    )
)


def test_every_layer_of_keras_is_known() -> None:
    names = {getattr(keras.layers, name).__name__ for name in dir(keras.layers) if name[0].isupper()}
    assert names - kinds() - _LEFT_OUT == set()


def test_every_known_layer_is_in_the_zoo() -> None:
    names = {getattr(keras.layers, name).__name__ for name in dir(keras.layers) if name[0].isupper()}
    shown = {getattr(keras.layers, case[0]).__name__ for case in zoo.cases()}
    # Strings and boxes are no tensors that a model on every backend takes; Keras' own Equalization makes a cycle.
    left = {"MaxNumBoundingBoxes", "StringLookup", "TextVectorization", "Equalization", "InputLayer"}
    assert (names & kinds()) - shown <= left


@pytest.mark.parametrize("name", networks.NAMES)
def test_network(name: str, tmp_path: Path) -> None:
    keras.backend.clear_session()
    model = networks.make(keras, name)
    path = tmp_path / "model.keras"
    model.save(path)
    assert differences(str(path), model) == []


_APPLICATIONS = (
    *("ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge", "DenseNet121"),
    *("DenseNet169", "DenseNet201", "EfficientNetB0", "EfficientNetB1", "EfficientNetB2", "EfficientNetB3"),
    *("EfficientNetB4", "EfficientNetB5", "EfficientNetB6", "EfficientNetB7", "EfficientNetV2B0"),
    *("EfficientNetV2B1", "EfficientNetV2B2", "EfficientNetV2B3", "EfficientNetV2L", "EfficientNetV2M"),
    *("EfficientNetV2S", "InceptionResNetV2", "InceptionV3", "MobileNet", "MobileNetV2", "MobileNetV3Large"),
    *("MobileNetV3Small", "NASNetLarge", "NASNetMobile", "ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2"),
    *("ResNet50", "ResNet50V2", "VGG16", "VGG19", "Xception"),
)


@pytest.mark.parametrize("name", _APPLICATIONS)
def test_application(name: str, tmp_path: Path) -> None:
    """The architectures that come with Keras: all shapes, and not one warning."""
    if "NETLINT_SLOW" not in os.environ and name not in ("MobileNetV2", "ResNet50", "VGG16"):
        pytest.skip("building all of them takes minutes: set NETLINT_SLOW")
    keras.backend.clear_session()
    model = getattr(keras.applications, name)(weights=None)
    path = tmp_path / f"{name}.json"
    path.write_text(model.to_json(), encoding="utf-8")
    assert differences(str(path), model) == []
    found = [finding for finding in api.lint(path).findings if finding.severity != "info"]
    assert found == []
