"""Small helpers for tests that need a network."""

from __future__ import annotations

from netlint import Model, Node, load
from netlint.api import Report, lint


def models(text: str, **options: object) -> list[Model]:
    """The models of a Caffe text."""
    return load(f"{text}\n", filename="net.prototxt", **options)  # type: ignore[arg-type]


def model(text: str, phase: str = "TRAIN") -> Model:
    """The model of one phase."""
    return next(found for found in models(text) if found.phase == phase)


def node(found: Model, name: str) -> Node:
    """The node of that name."""
    return next(item for item in found.nodes if item.name == name)


def report(text: str, **options: object) -> Report:
    """Lint a Caffe text."""
    return lint(f"{text}\n", filename="net.prototxt", **options)  # type: ignore[arg-type]


def told(text: str, *rules: str, **options: object) -> list[tuple[str, int, int, str]]:
    """(rule, line, column, message) of the findings, of these rules alone when any are named."""
    chosen = {"select": rules} if rules else {}
    return [
        (finding.rule, finding.line, finding.column, finding.message)
        for finding in report(text, **chosen, **options).findings
    ]
