"""The intermediate representation: one network as a graph of operators, with the place of everything in its source."""

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
from netlint.model.statistics import Statistics
from netlint.model.task import Task
from netlint.model.training import Training
from netlint.model.unknown import UNKNOWN, Unknown
from netlint.model.variant import Evidence, Variant

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
    "symbol",
    "times",
]
