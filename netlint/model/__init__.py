"""The intermediate representation: one network as a graph of operators, with the place of everything in its source.

What stands here is imported when it is first used: findings that are known from an earlier run need places alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from netlint.model.graph import Body, Edge, Model, Node, Value
    from netlint.model.param import Attr, AttrValue, Initializer, Param, Restraint
    from netlint.model.pretrained import Pretrained, StoredTensor
    from netlint.model.problem import Place, Problem
    from netlint.model.shape import (
        Dim,
        Elements,
        Shape,
        Symbol,
        channels_first,
        channels_last,
        minus,
        plus,
        product,
        quotient,
        spell,
        symbol,
        times,
    )
    from netlint.model.source import Source, Span
    from netlint.model.spelling import surely_meant
    from netlint.model.statistics import Statistics
    from netlint.model.task import Task
    from netlint.model.training import Training
    from netlint.model.unknown import UNKNOWN, Unknown
    from netlint.model.variant import Evidence, Variant

_HOME = {
    "graph": ("Body", "Edge", "Model", "Node", "Value"),
    "param": ("Attr", "AttrValue", "Initializer", "Param", "Restraint"),
    "pretrained": ("Pretrained", "StoredTensor"),
    "problem": ("Place", "Problem"),
    "shape": (
        "Dim",
        "Elements",
        "Shape",
        "Symbol",
        "channels_first",
        "channels_last",
        "minus",
        "plus",
        "product",
        "quotient",
        "spell",
        "symbol",
        "times",
    ),
    "source": ("Source", "Span"),
    "spelling": ("surely_meant",),
    "statistics": ("Statistics",),
    "task": ("Task",),
    "training": ("Training",),
    "unknown": ("UNKNOWN", "Unknown"),
    "variant": ("Evidence", "Variant"),
}
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "UNKNOWN",
    "Attr",
    "AttrValue",
    "Body",
    "Dim",
    "Edge",
    "Elements",
    "Evidence",
    "Initializer",
    "Model",
    "Node",
    "Param",
    "Place",
    "Pretrained",
    "Problem",
    "Restraint",
    "Shape",
    "Source",
    "Span",
    "Statistics",
    "StoredTensor",
    "Symbol",
    "Task",
    "Training",
    "Unknown",
    "Value",
    "Variant",
    "channels_first",
    "channels_last",
    "minus",
    "plus",
    "product",
    "quotient",
    "spell",
    "surely_meant",
    "symbol",
    "times",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module 'netlint.model' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"netlint.model.{_MODULE_OF[name]}"), name)
    return found
