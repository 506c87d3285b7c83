"""The published architectures of keras.applications: read whole, every stored shape met, nothing to warn of."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import netlint.api as api
from netlint.loaders.keras.calls import Ref, read_calls
from netlint.model import Unknown
from tests.corpus import CAFFE

FOLDER = CAFFE.parent / "keras"
FILES = sorted(FOLDER.glob("*.keras")) if FOLDER.is_dir() else []

pytestmark = pytest.mark.skipif(not FILES, reason=f"the corpus is not at {FOLDER}")


def stored(path: Path) -> Iterator[Ref]:
    """Every tensor that a layer of the outermost model takes, with the shape that Keras wrote beside it."""
    with zipfile.ZipFile(path) as archive:
        model: dict[str, Any] = json.loads(archive.read("config.json"))
    for layer in model["config"]["layers"]:
        for call in read_calls(layer.get("inbound_nodes"), {}):
            yield from call.refs()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_architecture(path: Path) -> None:
    found = [(f.severity, f.rule, f.node, f.message) for f in api.lint(path).findings if f.severity != "info"]
    assert found == []
    model = api.load(path)[0]
    shapes = api.shapes(model)
    handed = {
        node.name: shapes[node.outputs[0]]
        for node in model.nodes
        if node.outputs and all(edge.node.name != node.name for edge in node.outputs[0].uses)
    }
    compared = 0
    for ref in stored(path):
        shape = handed.get(ref.layer)
        # A model inside is known by its layers' names.
        if shape is not None and not isinstance(ref.shape, Unknown):
            assert shape == ref.shape, ref.layer
            compared += 1
    assert compared > 20
