"""Sound Keras networks get no error and no warning, compiled with the loss that belongs to them."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netlint import lint
from tests.rules.keras_examples import EXAMPLES

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "keras"
PUBLISHED = sorted(CORPUS.glob("*.keras"))


def alarms(text: str) -> list[str]:
    found = lint(text, filename="net.json").findings
    return [f"{one.severity}[{one.rule}] {one.message}" for one in found if one.severity != "info"]


@pytest.mark.parametrize("build", EXAMPLES, ids=lambda build: build.__name__)
def test_networks_as_people_build_them(build: Callable[[Any], Any]) -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    keras = pytest.importorskip("keras", reason="keras is not installed: it builds the networks of this test")
    keras.backend.clear_session()
    assert alarms(build(keras).to_json(indent=1)) == []


@pytest.mark.skipif(not PUBLISHED, reason="the corpus of Keras architectures is not here")
@pytest.mark.parametrize("path", PUBLISHED, ids=lambda path: path.stem)
@pytest.mark.parametrize(
    "loss",
    ["categorical_crossentropy", {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": False}}],
    ids=["one-hot", "sparse"],
)
def test_published_networks_with_their_loss(path: Path, loss: object) -> None:
    with zipfile.ZipFile(path) as archive:
        model = json.loads(archive.read("config.json"))
    model["compile_config"] = {"optimizer": "adam", "loss": loss, "metrics": ["accuracy"]}
    assert alarms(json.dumps(model)) == []
