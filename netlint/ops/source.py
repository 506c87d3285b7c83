"""Where values come from and where they end: inputs, learned constants and sinks."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Problem, Shape
from netlint.ops.arithmetic import came_from
from netlint.ops.operator import Operator, Outcome, Report


def declared(node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """What the source declares for each output; a learned constant is its own parameter."""
    shapes = tuple(value.shape for value in node.outputs)
    return Outcome(shapes, shapes[: len(node.params)])


def nothing(_node: Node, _inputs: Sequence[Shape], _report: Report) -> Outcome:
    """No outputs."""
    return Outcome(())


def stored(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Data and labels written side by side: as many of each (BVLC/caffe src/caffe/layers/hdf5_output_layer.cpp)."""
    one, other = (shape[0] if isinstance(shape, tuple) and shape else UNKNOWN for shape in (*inputs, (), ())[:2])
    if isinstance(one, int) and isinstance(other, int) and one != other:
        report(
            Problem(
                "loss-label-count",
                f"{node.label} stores {one} items of `{node.inputs[0].value.name}`, but {other} labels of "
                f"`{node.inputs[1].value.name}`: Caffe stops, because it wants one label for each",
                node.inputs[1],
                related=(*came_from(node, 0, inputs[0]), *came_from(node, 1, inputs[1])),
                remedy="give it data and labels of one batch",
                node=node,
            )
        )
    return Outcome(())


OPERATORS = (
    Operator("Input", declared, kind="source"),
    Operator("caffe::Parameter", declared, kind="source"),
    Operator("caffe::Silence", nothing, kind="sink"),
    Operator("caffe::HDF5Output", stored, kind="sink"),
)
