"""`unused-parameter`: what may be a lost weight is a warning, what exporters leave behind an info."""

from __future__ import annotations

import json

import pytest

from netlint import lint
from tests.loaders.torch.programs import call, program, tensor, zipped


@pytest.mark.parametrize(
    ("stored", "severity", "described"),
    [
        ("float[4] spare = {1, 2, 3, 4}", "warning", "4 float32, 16 bytes"),
        ("float[1,1] spare = {1}", "info", "1x1 float32, 4 bytes"),
        ("int64[2] spare = {1, 2}", "info", "2 int64, 16 bytes"),
    ],
)
def test_what_nothing_reads(stored: str, severity: str, described: str) -> None:
    text = f"g (float[2] x) => (float[2] y)\n<{stored}>\n{{ y = Relu(x) }}\n"
    (found,) = lint(text, filename="a.onnxtxt", select=("unused-parameter",)).findings
    assert (found.severity, found.line, found.column, found.message) == (
        severity, 2, 2,
        f"nothing reads the stored tensor `spare` ({described}): it is dead weight in the file, or the node that used "
        "it was lost",
    )  # fmt: skip


def test_a_module_that_nothing_calls_is_told_once() -> None:
    tensors = {name: tensor(4, 4) for name in ("x", "y", "w", "u", "v", "b")}
    stored = {"w": "body.weight", "u": "spare.0.weight", "v": "spare.1.weight", "b": "body.extra"}
    graph = program([call("linear.default", "y", input="%x", weight="%w")], tensors, ["y"], stored)
    members = {"config": {name: {"path_name": f"weight_{index}"} for index, name in enumerate(stored.values())}}
    data = zipped(
        {
            "m/archive_format": "pt2",
            "m/models/model.json": json.dumps(graph),
            "m/data/weights/model_weights_config.json": json.dumps(members),
        }
    )
    report = lint(data, filename="net.pt2", select=("unused-parameter",))
    assert [finding.message for finding in report.findings] == [
        "nothing calls the module `spare`: its 2 stored tensors (128 bytes) take no part in what the program computes",
        "nothing reads the stored tensor `body.extra` (4x4 float32, 64 bytes): it is dead weight, or the call is missing",
    ]
