"""Small Keras models as JSON for tests of rules: one layer a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from netlint import lint
from netlint.finding import Finding

#: A layer: its class, and its arguments.
Layer = tuple[str, dict[str, Any]]


def image(*shape: int | None) -> Layer:
    """What goes in, without the batch."""
    return ("InputLayer", {"batch_shape": [None, *shape]})


def text(layers: Sequence[Layer], loss: object = None, metrics: object = None, **compiled: object) -> str:
    """A Sequential model: the head on line 1, each layer on a line from 2 on, the loss on the line behind them (line
    `len(layers) + 3`), each metric on one of its own from the next on."""
    lines = ['{"class_name": "Sequential", "config": {"name": "net", "layers": [']
    for number, (kind, config) in enumerate(layers):
        layer = {"class_name": kind, "config": {"name": f"l{number}", **config}}
        lines.append(json.dumps(layer) + ("," if number < len(layers) - 1 else ""))
    lines.append("]}")
    if loss is not None:
        compile_config = {"optimizer": "adam", **compiled}
        lines[-1] += ', "compile_config": {' + json.dumps(compile_config)[1:-1] + ","
        given = metrics if isinstance(metrics, list) else []
        lines.append('"loss": ' + json.dumps(loss) + ', "metrics": [')
        lines += [json.dumps(item) + ("," if item is not given[-1] else "") for item in given]
        lines.append("]}")
    return "\n".join([*lines, "}"]) + "\n"


def findings(layers: Sequence[Layer], loss: object = None, metrics: object = None, **compiled: object) -> list[Finding]:
    """What netlint says of such a model, all rules taken together."""
    report = lint(text(layers, loss, metrics, **compiled), filename="net.json")
    assert not [one for one in report.findings if one.rule in ("unreadable-model", "internal-error")], report.findings
    return list(report.findings)


def told(
    layers: Sequence[Layer], rule: str, loss: object = None, metrics: object = None, **compiled: object
) -> list[tuple[str, int, str]]:
    """(severity, line, message) of what one rule finds."""
    found = findings(layers, loss, metrics, **compiled)
    return [(one.severity, one.line, one.message) for one in found if one.rule == rule]


def rules(layers: Sequence[Layer], loss: object = None, metrics: object = None, **compiled: object) -> set[str]:
    """The names of all rules that find something."""
    return {one.rule for one in findings(layers, loss, metrics, **compiled)}


def losing(name: str, **config: object) -> dict[str, object]:
    """A loss or metric with arguments."""
    return {"class_name": name, "config": config}
