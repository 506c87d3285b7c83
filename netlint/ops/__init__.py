"""The operator vocabulary: ONNX's names, each operator described once.

A new operator is one entry in the `OPERATORS` of one of these files.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from netlint.model import UNKNOWN
from netlint.ops.operator import Activation, Arrived, Kind, Loss, Operator, Outcome

#: The files, those of the most frequent operators first: an operator is looked for in one after the other, and what a
#: network does not use is not even imported.
_FAMILIES: Final = (
    *("activation", "convolution", "pooling", "linear", "merge", "layout", "normalisation", "source", "affine"),
    *("loss", "metric", "reduction", "matmul", "broadcast", "elementwise", "slicing", "gather", "axes", "constants"),
    *("comparison", "resize", "scaling", "repeating", "recurrent", "detection", "quantisation", "filtering"),
    *("control", "attention", "fused", "gates", "random", "sampling", "resampling", "einsum", "sequence"),
    *("aten_layout", "aten_math", "aten_layers", "torch_loss"),
    *("signal", "text", "classical", "optimiser", "flow", "steps", "tensorflow"),
    *("keras_layers", "keras_weighted", "keras_losses", "keras_encoding"),
)

_TENSORFLOW: Final = "tensorflow::"

_described: dict[str, Operator] = {}
_unread: Final = list(reversed(_FAMILIES))

#: Stands in for an operator that netlint does not know: nothing follows from it.
UNDESCRIBED: Final = Operator(
    "", lambda node, _inputs, _report: Outcome((UNKNOWN,) * len(node.outputs), (UNKNOWN,) * len(node.params))
)


def operator(name: str) -> Operator:
    """The description of the operator `name`, or one that promises nothing."""
    found = _described.get(name)
    if found is None and name.startswith(_TENSORFLOW):
        # Their family is known: the others need not be read to learn that there is no such operator.
        if "tensorflow" in _unread:
            _unread.remove("tensorflow")
            _read("tensorflow")
        return _described.get(name, UNDESCRIBED)
    while found is None and _unread:
        _read_next()
        found = _described.get(name)
    return UNDESCRIBED if found is None else found


def operators() -> Mapping[str, Operator]:
    """All of them, by name."""
    while _unread:
        _read_next()
    return _described


def _read_next() -> None:
    _read(_unread.pop())


def _read(name: str) -> None:
    family: Any = import_module(f"netlint.ops.{name}")
    _described.update((one.name, one) for one in family.OPERATORS)


__all__ = ["UNDESCRIBED", "Activation", "Arrived", "Kind", "Loss", "Operator", "Outcome", "operator", "operators"]
