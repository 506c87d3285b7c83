"""The operator vocabulary: ONNX's names, each operator described once.

A new operator is one entry in the `OPERATORS` of one of these files.
"""

from collections.abc import Mapping
from typing import Final

from netlint.model import UNKNOWN
from netlint.ops import (
    activation,
    affine,
    convolution,
    detection,
    layout,
    linear,
    loss,
    merge,
    metric,
    normalisation,
    pooling,
    recurrent,
    reduction,
    resize,
    source,
)
from netlint.ops.operator import Activation, Kind, Loss, Operator, Outcome

_FAMILIES: Final = (
    *(activation, affine, convolution, detection, layout, linear, loss, merge),
    *(metric, normalisation, pooling, recurrent, reduction, resize, source),
)

OPERATORS: Final[Mapping[str, Operator]] = {
    operator.name: operator for family in _FAMILIES for operator in family.OPERATORS
}

#: Stands in for an operator that netlint does not know: nothing follows from it.
UNDESCRIBED: Final = Operator(
    "", lambda node, _inputs, _report: Outcome((UNKNOWN,) * len(node.outputs), (UNKNOWN,) * len(node.params))
)


def operator(name: str) -> Operator:
    """The description of the operator `name`, or one that promises nothing."""
    return OPERATORS.get(name, UNDESCRIBED)


__all__ = ["OPERATORS", "UNDESCRIBED", "Activation", "Kind", "Loss", "Operator", "Outcome", "operator"]
