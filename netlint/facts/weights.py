"""Which stored tensors are weights, and of which nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from netlint.authoring import Fact, Facts
from netlint.model import Model, Node, Value, product
from netlint.ops import operator

#: `table` is an embedding: rows that computed indices pick.
Role: TypeAlias = Literal["weight", "bias", "scale", "mean", "variance", "slope", "table"]

#: Operators behind which a stored tensor is still the same weight: moved, copied, or in another type.
_CARRIERS: Final = frozenset(
    ("Identity", "Cast", "DequantizeLinear", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten")
)
_FARTHEST: Final = 8

FLOATS: Final = frozenset(("float32", "float64", "float16", "bfloat16"))


@dataclass(frozen=True, slots=True)
class Weight:
    """A stored tensor and the node that uses it as one of its parameters."""

    value: Value
    node: Node
    role: str

    @property
    def matrix(self) -> bool:
        """The signal is multiplied with it, or picked from it: neither a bias nor a statistic nor a scale."""
        return self.role in ("weight", "table")


class Weights(Fact):
    """Every stored tensor that a node uses as a parameter, in execution order; one that several nodes share once for
    each of them. Constants of other kinds (attention masks, axes, anchors) are none."""

    def __init__(self, model: Model, _facts: Facts) -> None:
        self.all: list[Weight] = []
        for node in model.nodes:
            for slot, role in _roles(node):
                value = stored_behind(node, slot)
                if value is not None:
                    self.all.append(Weight(value, node, role))

    def distinct(self) -> Iterator[Weight]:
        """Every tensor once, with its first user."""
        seen: set[Value] = set()
        for weight in self.all:
            if weight.value not in seen:
                seen.add(weight.value)
                yield weight


def _roles(node: Node) -> Iterator[tuple[int, str]]:
    described = operator(node.op)
    yield from described.roles.items()
    # A product has its weight on either side.
    if node.op in ("MatMul", "Gemm", "Einsum"):
        yield 0, "weight"
    if node.op == "Gather" and _is_embedding(node):
        yield 0, "table"


def _is_embedding(node: Node) -> bool:
    if len(node.inputs) < 2 or node.get("axis", 0) != 0:
        return False
    table, indices = node.inputs[0].value, node.inputs[1].value
    return isinstance(table.shape, tuple) and len(table.shape) == 2 and table.dtype in FLOATS and not indices.stored


def stored_behind(node: Node, slot: int) -> Value | None:
    """The stored tensor that arrives at an input, seen through copies, casts and changes of layout."""
    if slot >= len(node.inputs):
        return None
    value = node.inputs[slot].value
    for _ in range(_FARTHEST):
        if value.stored:
            return value
        maker = value.producer
        if maker is None or maker.op not in _CARRIERS or not maker.inputs:
            return None
        value = maker.inputs[0].value
    return None


def bytes_of(value: Value) -> int:
    """The size of a stored tensor; 0 where its shape or type is unknown."""
    count = product(value.shape) if isinstance(value.shape, tuple) else 0
    width = re.search(r"\d+", value.dtype)
    bits = int(width[0]) if width else 8 * (value.dtype == "bool")
    return (count * bits + 7) // 8 if isinstance(count, int) else 0
