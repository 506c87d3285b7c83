"""What an expression can speak of: records with typed fields, and the variables of each kind of rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from netlint.engine.policies.attributes import attribute_types
from netlint.engine.policies.cel import Record
from netlint.engine.policies.field import Field
from netlint.engine.policies.model_fields import MODEL, TRAINING
from netlint.engine.policies.node_fields import NODE
from netlint.engine.policies.shape_fields import SHAPE, VALUE

#: The records and their fields, but for `Attributes`, whose fields are the attributes' names.
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "Node": NODE, "Shape": SHAPE, "Model": MODEL, "Training": TRAINING, "Value": VALUE,
}  # fmt: skip

#: The variables of a rule with `on:`, which sees a node, each with its type and what it is.
NODE_VARIABLES: Final[Mapping[str, tuple[str, str]]] = {
    "node": ("Node", "the node at hand"),
    "producers": ("list(Node)", "the nodes that make its inputs, in the order of the inputs"),
    "consumers": ("list(Node)", "the nodes that read its outputs"),
    "ancestors": ("list(Node)", "every node whose signal arrives at it, in execution order"),
    "descendants": ("list(Node)", "every node that its signal reaches, in execution order"),
    "model": ("Model", "the network"),
}

#: The variables of a rule without `on:`, which sees the network once.
MODEL_VARIABLES: Final[Mapping[str, tuple[str, str]]] = {
    "model": ("Model", "the network"),
    "nodes": ("list(Node)", "all its nodes, in execution order"),
}

#: Functions and macros of CEL that are at hand, for suggestions and the documentation.
FUNCTIONS: Final = (
    "all", "exists", "exists_one", "filter", "map", "has", "size", "matches", "contains", "startsWith", "endsWith",
    "int", "double", "string", "bool", "type", "dyn", "lowerAscii", "upperAscii", "split", "join", "replace", "trim",
    "indexOf", "lastIndexOf", "substring", "charAt", "format", "math.greatest", "math.least", "math.abs", "math.ceil",
    "math.floor", "math.round", "math.trunc", "math.sign", "math.isNaN", "math.isInf", "math.isFinite",
)  # fmt: skip


@cache
def records() -> tuple[Record, ...]:
    """All of them with their types, for the checker."""
    found = [Record(name, {field.name: field.type for field in fields}) for name, fields in FIELDS.items()]
    return (*found, Record("Attributes", attribute_types()))


def variables(sees_node: bool) -> Mapping[str, str]:
    """The variables of a rule and their types."""
    return {name: kind for name, (kind, _about) in (NODE_VARIABLES if sees_node else MODEL_VARIABLES).items()}


_WORD: Final = re.compile(r"[A-Za-z_]\w*")


def mentioned(texts: tuple[str, ...]) -> frozenset[str]:
    """Every name in some expressions: what is not among them need not be computed."""
    return frozenset(word for text in texts for word in _WORD.findall(text))


def needed(words: frozenset[str]) -> tuple[str, ...]:
    """The facts that the fields among these names ask, by name. `Shapes` is always at hand."""
    found = {need for fields in FIELDS.values() for field in fields if field.name in words for need in field.needs}
    return tuple(sorted(found | {"Shapes"}))
