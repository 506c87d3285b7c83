"""Containers: sequences and optional values have no shape of their own, and what they hold is not followed."""

from __future__ import annotations

from netlint.model import UNKNOWN, Node
from netlint.ops.arithmetic import undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def opaque(node: Node, _inputs: Arrived, _report: Report) -> Outcome:
    """Nothing is known of the outputs."""
    return undetermined(node)


def scalar(node: Node, _inputs: Arrived, _report: Report) -> Outcome:
    """One number."""
    return Outcome(((),) * len(node.outputs))


def unwrapped(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The value itself: before operator set 18 the input was always a container, whose shape is unknown."""
    return Outcome((inputs[0] if inputs else UNKNOWN,) * len(node.outputs))


OPERATORS = (
    *(
        Operator(name, opaque, linear=True)
        for name in ("SequenceConstruct", "SequenceAt", "SequenceInsert", "SequenceErase", "SplitToSequence")
    ),
    Operator("ConcatFromSequence", opaque, kind="merge", linear=True),
    Operator("SequenceEmpty", opaque, differentiable=False),
    Operator("SequenceMap", opaque),
    Operator("SequenceLength", scalar, differentiable=False),
    Operator("Optional", opaque, linear=True),
    Operator("OptionalGetElement", unwrapped, linear=True),
    Operator("OptionalHasElement", scalar, differentiable=False),
)
