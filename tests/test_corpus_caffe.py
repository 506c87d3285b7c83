"""Real Caffe files: every shape as Caffe computed it, every refusal explained, silence on good models."""

from __future__ import annotations

from typing import Any

import pytest

from netlint import api
from netlint.api import lint, load
from tests.accepted import ACCEPTED
from tests.corpus import CAFFE, manifest, needs_corpus, oracle

pytestmark = needs_corpus

PHASES = ("TRAIN", "TEST")
LOADED = [(path, phase) for path, entry in oracle().items() for phase in PHASES if entry[phase]["st"] == "ok"]


def given_shapes(entry: dict[str, Any]) -> list[str]:
    """The shapes of the inputs that stood in for the data layers when Caffe ran."""
    return [
        f"{blob}={','.join(map(str, shape))}" for _, kind, blob, shape in entry["tops"] if kind == "Input" and shape
    ]


@pytest.mark.parametrize(("path", "phase"), LOADED, ids=lambda value: str(value))
def test_every_shape_is_caffes(path: str, phase: str) -> None:
    entry = oracle()[path][phase]
    found = next(item for item in load(CAFFE / path, input_shapes=given_shapes(entry)) if item.phase == phase)
    shapes = api.shapes(found)
    # Caffe's own Split layers are left out of the recording; inputs were renamed for it.
    tops = [
        (node.name if node.op != "Input" else "", value.name, shapes[value])
        for node in found.nodes
        if node.dialect_op != "Split"
        for value in node.outputs
    ]
    assert tops == [(name if kind != "Input" else "", blob, tuple(shape)) for name, kind, blob, shape in entry["tops"]]
    params = [
        (node.name, index, shapes.param(node, param)) for node in found.nodes for index, param in enumerate(node.params)
    ]
    assert params == [(name, index, tuple(shape)) for name, index, shape in entry["params"]]


def assumed_shapes(path: str, entry: dict[str, Any]) -> list[str]:
    """Where a file does not say a size, Caffe was given one: the same for every data top, a batch of 4 for the labels."""
    if "assumed_input" not in entry:
        return []
    channels, size = entry["assumed_input"]
    shapes = {}
    for found in load(CAFFE / path):
        for node in found.by_op.get("Input", ()):
            for value in node.outputs:
                if not isinstance(value.shape, tuple) or not all(isinstance(dim, int) for dim in value.shape):
                    shapes[value.name] = f"4,{channels},{size},{size}" if value.slot == 0 else "4"
    return [f"{name}={shape}" for name, shape in shapes.items()]


def genuine_refusals() -> list[tuple[str, str]]:
    """Definitions that Caffe refused for what they say, not for a layer type that its build lacks.

    A known good net may be refused in a phase or stage that it is not meant for.
    """
    return [
        (path, phase)
        for path, entry in oracle().items()
        for phase in PHASES
        if entry[phase]["st"] != "ok"
        and "Unknown layer type" not in entry[phase]["err"]
        and not manifest()[path]["known_good"]
    ]


def test_refusals_are_explained() -> None:
    missed = []
    for path, phase in genuine_refusals():
        entry = oracle()[path][phase]
        shapes = assumed_shapes(path, entry)
        if not any(finding.severity == "error" for finding in lint(CAFFE / path, input_shapes=shapes).findings):
            missed.append((path, phase, entry["err"]))
    assert missed == []


@pytest.mark.parametrize("path", sorted(manifest()))
def test_every_file_is_read(path: str) -> None:
    report = lint(CAFFE / path)
    assert report.failures == []
    assert [found.message for found in report.findings if found.rule == "internal-error"] == []
    for found in report.findings:
        if found.rule == "syntax":
            assert found.span is not None


@pytest.mark.parametrize("path", sorted(path for path, entry in manifest().items() if entry["known_good"]))
def test_known_good_models_get_no_error_and_no_untrue_warning(path: str) -> None:
    """Whatever is said of a published model was looked at: `accepted.py` says why it is true."""
    told = {(path, found.line, found.rule) for found in lint(CAFFE / path).findings if found.severity != "info"}
    errors = [found.message for found in lint(CAFFE / path).findings if found.severity == "error"]
    assert errors == []
    assert told == {place for place in ACCEPTED if place[0] == path}
