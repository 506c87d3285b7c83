"""Parameters: variables and constant weights, how they start, and whether training moves them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from netlint.loaders.tensorflow.constants import dtype_of, elements_of, every, shape_of, tensor_of
from netlint.loaders.tensorflow.graph import Graph, Op, Port
from netlint.loaders.tensorflow.places import Places
from netlint.model import UNKNOWN, Attr, Initializer, Param, Shape

VARIABLES: Final = frozenset(("Variable", "VariableV2", "VarHandleOp"))

#: Operators behind which a tensor is still the same: copies, reads, casts.
COPIES: Final = frozenset(
    ("Identity", "ReadVariableOp", "Enter", "RefEnter", "Snapshot", "PreventGradient", "CheckNumerics", "Print")
)
_CARRIERS: Final = COPIES | {"Cast", "StopGradient"}
_FARTHEST: Final = 16

#: Weights that stand in the file as they are: training would go on from them.
STORED: Final = Initializer("stored", declared=True)

_RANDOM: Final = {
    "TruncatedNormal": ("truncated_normal", "truncated_normal"),
    "StatelessTruncatedNormal": ("truncated_normal", "truncated_normal"),
    "StatelessTruncatedNormalV2": ("truncated_normal", "truncated_normal"),
    "RandomStandardNormal": ("normal", "random_normal"),
    "StatelessRandomNormal": ("normal", "random_normal"),
    "StatelessRandomNormalV2": ("normal", "random_normal"),
    "RandomUniform": ("uniform", "random_uniform"),
    "StatelessRandomUniform": ("uniform", "random_uniform"),
    "StatelessRandomUniformV2": ("uniform", "random_uniform"),
}  # fmt: skip

_FLOATS: Final = frozenset(("float32", "float64", "float16", "bfloat16"))


def behind(port: Port | None) -> Op | None:
    """The variable or the constant whose elements arrive, seen through reads, copies and casts; None for others."""
    for _ in range(_FARTHEST):
        if port is None:
            return None
        op = port.op
        if op.type in VARIABLES or op.type == "Const":
            return op
        if op.type not in _CARRIERS:
            return None
        port = _first(op)
    return None


def _first(op: Op) -> Port | None:
    return op.inputs[0] if op.inputs else None


def stored_shape(op: Op) -> Shape:
    """The shape of a variable or a constant."""
    if op.type == "Const":
        tensor = tensor_of(op)
        return UNKNOWN if tensor is None else shape_of(tensor.tensor_shape)
    shape = op.attrs.get("shape")
    return shape_of(shape.shape) if shape is not None and shape.HasField("shape") else UNKNOWN


def stored_dtype(op: Op) -> str:
    if op.type == "Const":
        tensor = tensor_of(op)
        return "" if tensor is None else dtype_of(tensor)
    return op.dtype("dtype")


@dataclass(slots=True)
class Variables:
    """What the graph says of its variables. `assigned` gives each the reference to its initial value, by name;
    `trained` those that an optimiser moves."""

    graph: Graph
    places: Places
    assigned: Mapping[str, str] = field(default_factory=dict)
    trained: frozenset[str] = frozenset()
    _starts: dict[Op, Initializer] = field(default_factory=dict)

    def param(self, role: str, op: Op, shape: Shape, *, learnable: bool = True) -> Param:
        """The parameter that a variable or a constant weight is; `shape` is in the operator's own order."""
        frozen = None
        if self.trained and op.name not in self.trained and learnable:
            # The optimiser is there, and leaves it alone.
            frozen = Attr("lr_mult", 0, spelled="trainable")
        shared = Attr("name", op.name, self.places.name(op)) if op.type != "Const" else None
        return Param(
            role, self.start(op), shape, learnable=learnable, lr_mult=frozen, shared=shared, span=self.places.name(op)
        )

    def start(self, op: Op) -> Initializer:
        """How a variable begins."""
        found = self._starts.get(op)
        if found is None:
            reference = self.assigned.get(op.raw.name, "") if op.type != "Const" and not op.frame.prefix else ""
            found = STORED
            if reference:
                port = self.graph.port(self.graph.main, reference)
                if port is not None:
                    self.graph.ordered([port])
                    found = self._drawn(port)
            self._starts[op] = found
        return found

    def _drawn(self, port: Port) -> Initializer:
        op = _through(port)
        if op is None:
            return Initializer("", "an unknown start")
        constant = constant_of(Port(op, 0))
        if constant is not None:
            return self._constant(op, constant)
        if op.type == "Const":
            return STORED
        if op.type == "Fill":
            filler = constant_of(op.input(1))
            return Initializer("", op.type) if filler is None else self._constant(op, filler)
        shifted = self._shifted(op)
        return shifted if shifted is not None else Initializer(op.type, op.type, span=self.places.name(op))

    def _constant(self, op: Op, value: float) -> Initializer:
        place = behind(op.input(1)) if op.type == "Fill" else op
        at = place or op
        given = self.places.attr(at, "value", value)
        return Initializer("constant", "zeros" if value == 0 else "constant", {"value": given}, self.places.name(op))

    def _shifted(self, op: Op) -> Initializer | None:
        """`random * scale + shift`, with either of the two left out."""
        shift: Port | None = None
        scale: Port | None = None
        name = op
        if op.type in ("Add", "AddV2") and len(op.inputs) == 2:
            first, second = op.inputs
            if first is None or second is None:
                return None
            one, other = _through(first), _through(second)
            if one is not None and (one.type in _RANDOM or one.type == "Mul"):
                shift, op = second, one
            elif other is not None:
                shift, op = first, other
        if op.type == "Mul" and len(op.inputs) == 2:
            for inner, outer in (op.inputs, op.inputs[::-1]):
                drawn = _through(inner) if inner is not None else None
                if drawn is not None and drawn.type in _RANDOM:
                    scale, op = outer, drawn
                    break
        if op.type not in _RANDOM:
            return None
        kind, word = _RANDOM[op.type]
        by, plus = _number(scale, 1.0), _number(shift, 0.0)
        fields: dict[str, Attr] = {}
        if by is not None and plus is not None:
            if kind == "uniform":
                fields = {
                    "min": self._field("min", plus, shift, "minval"),
                    "max": self._field("max", _short(plus + by), scale, "maxval"),
                }
            else:
                fields = {
                    "mean": self._field("mean", plus, shift, "mean"),
                    "std": self._field("std", abs(by), scale, "stddev"),
                }
        else:
            return Initializer(op.type, word, span=self.places.name(name))
        return Initializer(kind, word, fields, self.places.name(op))

    def _field(self, name: str, value: float, port: Port | None, word: str) -> Attr:
        op = behind(port)
        span = self.places.at(op.place("value")) if op is not None and op.type == "Const" else None
        return Attr(name, value, span, word)


def _through(port: Port) -> Op | None:
    """The operator that makes a value, seen through copies and casts."""
    current: Port | None = port
    for _ in range(_FARTHEST):
        if current is None:
            return None
        if current.op.type not in _CARRIERS:
            return current.op
        current = _first(current.op)
    return None


def constant_of(port: Port | None) -> float | int | None:
    """The number that every element of a constant is."""
    op = behind(port)
    if op is None or op.type != "Const":
        return None
    tensor = tensor_of(op)
    return None if tensor is None else every(tensor)


def elements_behind(port: Port | None, depth: int = 3) -> tuple[object, ...] | None:
    """The elements of a small constant that arrives, also where it is put together of constants."""
    op = behind(port)
    if op is None:
        maker = port.op if port is not None and depth else None
        if maker is None or maker.type not in ("ConcatV2", "Pack"):
            return None
        parts = [
            elements_behind(one, depth - 1) for one in (maker.inputs[:-1] if maker.type == "ConcatV2" else maker.inputs)
        ]
        known = [part for part in parts if part is not None]
        return tuple(item for part in known for item in part) if len(known) == len(parts) <= _FARTHEST else None
    if op.type != "Const":
        return None
    tensor = tensor_of(op)
    return None if tensor is None else elements_of(tensor)


def vector_behind(port: Port | None) -> tuple[Op, int] | None:
    """The stored tensor that has one element for each channel, and the axis that it stands along when it is joined
    with others, counted from the end: `(c,)`, or reshaped to `(1, 1, 1, c)` or `(1, c, 1, 1)`."""
    axis: int | None = None
    for _ in range(_FARTHEST):
        if port is None:
            return None
        op = port.op
        if op.type in VARIABLES or op.type == "Const":
            shape = stored_shape(op)
            own = _along(shape) if isinstance(shape, tuple) and is_weight(op) else None
            return None if own is None else (op, own if axis is None else axis)
        if op.type == "Reshape" and axis is None:
            wanted = whole_numbers(op.input(1))
            axis = _along(wanted) if wanted is not None else None
            if axis is None:
                return None
        elif op.type == "Squeeze":
            # Taken away are ones: what is left is the vector itself.
            axis = -1 if axis is None else axis
        elif op.type not in _CARRIERS and op.type != "Reshape":
            return None
        port = _first(op)
    return None


def _along(shape: Iterable[object]) -> int | None:
    """The only axis that is not 1, counted from the end."""
    dims = list(shape)
    wide = [index - len(dims) for index, dim in enumerate(dims) if dim != 1]
    if not dims or len(wide) > 1:
        return None
    return wide[0] if wide else -1


def whole_numbers(port: Port | None) -> tuple[int, ...] | None:
    """The integers of a small constant that arrives."""
    elements = elements_behind(port)
    if elements is None or not all(isinstance(item, int) for item in elements):
        return None
    return tuple(item for item in elements if isinstance(item, int))


def _number(port: Port | None, default: float) -> float | None:
    """A constant, or the difference or root of constants, as initialisers compute their bounds."""
    if port is None:
        return default
    value = constant_of(port)
    if value is not None:
        return float(value)
    op = _through(port)
    if op is not None and op.type in ("Sub", "Mul", "RealDiv", "Sqrt", "Neg"):
        numbers = [constant_of(one) for one in op.inputs]
        known = [float(number) for number in numbers if number is not None]
        if len(known) == len(numbers):
            return _computed(op.type, known)
    return None


def _computed(kind: str, numbers: Iterable[float]) -> float | None:
    first, *rest = [*numbers, 0.0]
    other = rest[0]
    if kind == "Sub":
        return _short(first - other)
    if kind == "Mul":
        return _short(first * other)
    if kind == "Neg":
        return -first
    if kind == "RealDiv":
        return _short(first / other) if other else None
    return math.sqrt(first) if first >= 0 else None


def _short(value: float) -> float:
    return float(f"{value:.8g}") if math.isfinite(value) else value


def is_weight(op: Op) -> bool:
    """A tensor of numbers that can be learned."""
    return stored_dtype(op) in _FLOATS
