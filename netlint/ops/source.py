"""Where values come from and where they end: inputs, learned constants and sinks."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import Node, Shape
from netlint.ops.operator import Operator, Outcome, Report


def declared(node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """What the source declares for each output; a learned constant is its own parameter."""
    shapes = tuple(value.shape for value in node.outputs)
    return Outcome(shapes, shapes[: len(node.params)])


def nothing(_node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """No outputs."""
    return Outcome(())


OPERATORS = (
    Operator("Input", declared, kind="source"),
    Operator("caffe::Parameter", declared, kind="source"),
    Operator("caffe::Silence", nothing, kind="sink"),
    Operator("caffe::HDF5Output", nothing, kind="sink"),
)
