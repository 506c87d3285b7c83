"""The JSON contracts, validated against the schemas in the repository."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import netlint.output
from netlint import api
from netlint.output.json import render
from netlint.output.outcome import Outcome
from netlint.output.table import render_json
from tests.nets import models, report
from tests.output.test_text import MESSAGE, NET

SCHEMAS = Path(netlint.output.__file__).parent
REPORT = json.loads((SCHEMAS / "report.schema.json").read_text(encoding="utf-8"))
SHOW = json.loads((SCHEMAS / "show.schema.json").read_text(encoding="utf-8"))


def test_the_schemas_are_schemas() -> None:
    jsonschema.Draft202012Validator.check_schema(REPORT)
    jsonschema.Draft202012Validator.check_schema(SHOW)


def test_a_report_is_exactly_the_contract() -> None:
    found = report(NET, select=("double-softmax",))
    data = json.loads(render(Outcome(found.findings, found.files)))
    jsonschema.validate(data, REPORT)
    assert data == {
        "version": 1,
        "findings": [
            {
                "rule": "double-softmax",
                "severity": "error",
                "message": MESSAGE,
                "path": "net.prototxt",
                "line": 4,
                "column": 10,
                "end_line": 4,
                "end_column": 13,
                "node": "loss",
                "pointer": "",
                "model": "unnamed (TRAIN, TEST)",
                "related": [
                    {
                        "message": "softmax is applied here first",
                        "path": "net.prototxt",
                        "line": 1,
                        "column": 15,
                        "end_line": 1,
                        "end_column": 18,
                        "node": "p",
                        "pointer": "",
                    }
                ],
                "fix": {
                    "title": "feed SoftmaxWithLoss `loss` what Softmax `p` reads, and keep the softmax for deployment "
                    "only",
                    "applicability": "unsafe",
                    "edits": [
                        {
                            "path": "net.prototxt",
                            "line": 1,
                            "column": 1,
                            "end_line": 2,
                            "end_column": 1,
                            "text": "",
                        },
                        {
                            "path": "net.prototxt",
                            "line": 4,
                            "column": 10,
                            "end_line": 4,
                            "end_column": 13,
                            "text": '"x"',
                        },
                    ],
                },
                "url": "rules/loss/double_softmax.md",
            }
        ],
        "summary": {"files": 1, "findings": 1, "error": 1, "warning": 0, "info": 0},
    }


def test_a_file_that_cannot_be_read_keeps_the_contract() -> None:
    found = api.lint("{\0", filename="a.prototxt")
    data = json.loads(render(Outcome(found.findings, found.files)))
    jsonschema.validate(data, REPORT)
    assert [(item["rule"], item["line"], item["column"]) for item in data["findings"]] == [("unreadable-model", 1, 1)]


@pytest.mark.parametrize("batch", [4, None])
def test_show_gives_null_for_what_is_unknown(batch: int | None) -> None:
    given = ["data=4,3,8,8"] if batch else []
    (found,) = models(
        'layer { name: "data" type: "HDF5Data" top: "data" hdf5_data_param { batch_size: 2 } include { phase: TRAIN } }\n'
        'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 5 } }',
        input_shapes=given,
    )
    data = json.loads(render_json([(found, api.shapes(found))]))
    jsonschema.validate(data, SHOW)
    known = batch is not None
    assert data["models"][0]["nodes"][1] == {
        "name": "ip",
        "op": "Gemm",
        "dialect_op": "InnerProduct",
        "line": 2,
        "inputs": ["data"],
        "outputs": [{"name": "ip", "shape": [4, 5] if known else None}],
        "params": [
            {"role": "weight", "shape": [5, 192] if known else None},
            {"role": "bias", "shape": [5] if known else None},
        ],
    }
