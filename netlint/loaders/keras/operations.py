"""Functions on tensors inside a functional model: the op nodes of Keras 3, the `TFOpLambda` layers of Keras 2.

Both are named by the last part of their name without underscores and case: `keras.src.ops.numpy` `ExpandDims` and
`tf.expand_dims` are `expanddims`. What is not in the table keeps its place in the network as an operator of which
nothing is known but the shape that Keras 3 writes beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from netlint.loaders.keras.activations import FUNCTIONS
from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.layer import Layer, real, whole
from netlint.loaders.keras.moving import (
    argument,
    axes_of,
    concatenate,
    expand,
    item_of,
    reshape,
    squeeze,
    stack,
    transpose,
)
from netlint.model import UNKNOWN, Attr, Elements, Shape, Unknown, Value

#: Constants of more elements are data: their elements are not followed.
_MOST_ELEMENTS: Final = 64

Operation: TypeAlias = Callable[[Builder, Layer, Arguments], list[Value] | None]

_BINARY: Final[Mapping[str, str]] = {
    "add": "Add",
    "addv2": "Add",
    "subtract": "Sub",
    "sub": "Sub",
    "multiply": "Mul",
    "mul": "Mul",
    "divide": "Div",
    "truediv": "Div",
    "truedivide": "Div",
    "realdiv": "Div",
    "div": "Div",
    "divnonan": "Div",
    "maximum": "Max",
    "minimum": "Min",
    "power": "Pow",
    "pow": "Pow",
    "mod": "Mod",
    "floormod": "Mod",
    "matmul": "MatMul",
    "batchmatmulv2": "MatMul",
    "equal": "Equal",
    "greater": "Greater",
    "less": "Less",
    "greaterequal": "GreaterOrEqual",
    "lessequal": "LessOrEqual",
    "logicaland": "And",
    "logicalor": "Or",
}

_UNARY: Final[Mapping[str, str]] = {
    "absolute": "Abs",
    "abs": "Abs",
    "exp": "Exp",
    "log": "Log",
    "sqrt": "Sqrt",
    "negative": "Neg",
    "neg": "Neg",
    "sin": "Sin",
    "cos": "Cos",
    "tan": "Tan",
    "floor": "Floor",
    "ceil": "Ceil",
    "round": "Round",
    "sign": "Sign",
    "erf": "Erf",
    "reciprocal": "Reciprocal",
    "logicalnot": "Not",
    "identity": "Identity",
    "cast": "Cast",
    "stopgradient": "keras::StopGradient",
    "zeroslike": "keras::ZerosLike",
    "oneslike": "keras::OnesLike",
    "copy": "Identity",
}

_FOLDED: Final[Mapping[str, str]] = {name.replace("_", ""): name for name in FUNCTIONS}

_REDUCTIONS: Final[Mapping[str, str]] = {
    "mean": "ReduceMean",
    "reducemean": "ReduceMean",
    "sum": "ReduceSum",
    "reducesum": "ReduceSum",
    "max": "ReduceMax",
    "reducemax": "ReduceMax",
    "amax": "ReduceMax",
    "min": "ReduceMin",
    "reducemin": "ReduceMin",
    "amin": "ReduceMin",
    "prod": "ReduceProd",
    "reduceprod": "ReduceProd",
    "logsumexp": "ReduceLogSumExp",
    "reducelogsumexp": "ReduceLogSumExp",
}


def operate(builder: Builder, layer: Layer, call: Arguments, name: str) -> list[Value] | None:
    """The nodes of one function call; None where the function is not known, or is called in a way that is not."""
    key = name.rpartition(".")[2].replace("_", "").lower()
    if key in _BINARY:
        return _binary(builder, layer, call, _BINARY[key])
    if not call.inputs:
        return None
    if key in _UNARY:
        return builder.emit(_UNARY[key], layer, call.inputs[:1])
    if key in _FOLDED:
        return _activation(builder, layer, call, _FOLDED[key])
    if key in _REDUCTIONS:
        return _reduce(builder, layer, call, _REDUCTIONS[key])
    special = _SPECIAL.get(key)
    return special(builder, layer, call) if special is not None else None


def _constant(item: object, label: str) -> Value:
    """A number or a list of numbers as a stored value."""
    if isinstance(item, dict):
        config = item.get("config")
        item = config.get("value") if isinstance(config, dict) else None
    elements: list[int | float | str | Unknown] = []
    shape = _measure(item, elements)
    known: Elements | None = tuple(elements) if 0 < len(elements) <= _MOST_ELEMENTS else None
    return Value(label, None, shape=shape, elements=known, stored=True)


def _measure(item: object, elements: list[int | float | str | Unknown], depth: int = 0) -> Shape:
    if isinstance(item, bool | int | float):
        if len(elements) <= _MOST_ELEMENTS:
            elements.append(real(item) if not isinstance(item, bool) else int(item))
        return ()
    if not isinstance(item, list) or not item or depth > 8:
        return UNKNOWN
    first = _measure(item[0], elements, depth + 1)
    for part in item[1:]:
        if _measure(part, elements, depth + 1) != first:
            return UNKNOWN
    return UNKNOWN if isinstance(first, Unknown) else (len(item), *first)


def _binary(builder: Builder, layer: Layer, call: Arguments, op: str) -> list[Value] | None:
    first = argument(layer, call, "x1", "x", "a", at=0)
    second = argument(layer, call, "x2", "y", "b", at=1)
    if isinstance(first, list) and len(first) == 2 and second is None:
        first, second = first
    if first is None or second is None:
        return None
    inputs = [
        item if isinstance(item, Value) else _constant(item, f"constant of {layer.name}") for item in (first, second)
    ]
    return builder.emit(op, layer, inputs)


def _activation(builder: Builder, layer: Layer, call: Arguments, name: str) -> list[Value] | None:
    op, standing = FUNCTIONS[name]
    attrs = {key: plain(key, value) for key, value in standing.items()}
    axis = argument(layer, call, "axis")
    if "axis" in attrs and axis is not None:
        attrs["axis"] = Attr("axis", whole(axis), layer.place("axis"))
    slope = argument(layer, call, "negative_slope", "alpha")
    if op in ("Relu", "LeakyRelu", "Elu") and slope is not None:
        attrs["alpha"] = Attr("alpha", real(slope), layer.place("negative_slope"))
        op = "LeakyRelu" if op == "Relu" and slope != 0 else op
    ceiling = argument(layer, call, "max_value")
    if op == "Relu" and ceiling is not None:
        op = "Relu6" if ceiling == 6 else "keras::ReLU"
    return builder.emit(op, layer, call.inputs[:1], attrs.values())


def _reduce(builder: Builder, layer: Layer, call: Arguments, op: str) -> list[Value] | None:
    if len(call.inputs) > 1:
        return None
    axes = axes_of(argument(layer, call, "axis", "axes", "reduction_indices"))
    keep = argument(layer, call, "keepdims", "keep_dims") is True
    attrs = [plain("keepdims", int(keep))]
    if axes is not None:
        attrs.append(Attr("axes", axes, layer.place("axis"), "axis"))
    return builder.emit(op, layer, call.inputs[:1], attrs)


def _square(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    return builder.emit("Mul", layer, [call.inputs[0], call.inputs[0]])


def _inverse_root(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    root = builder.emit("Sqrt", layer, call.inputs[:1], part="root")
    return builder.emit("Reciprocal", layer, root)


def _einsum(builder: Builder, layer: Layer, call: Arguments) -> list[Value] | None:
    equation = argument(layer, call, "subscripts", "equation")
    if not isinstance(equation, str):
        return None
    return builder.emit("Einsum", layer, call.inputs, [Attr("equation", equation, layer.place("subscripts"))])


def _largest(builder: Builder, layer: Layer, call: Arguments) -> list[Value] | None:
    axis = whole(argument(layer, call, "axis", at=1))
    keep = int(argument(layer, call, "keepdims") is True)
    if isinstance(axis, Unknown):
        return None
    return builder.emit(
        "ArgMax", layer, call.inputs[:1], [Attr("axis", axis, layer.place("axis")), plain("keepdims", keep)]
    )


_SPECIAL: Final[Mapping[str, Operation]] = {
    "reshape": reshape,
    "transpose": transpose,
    "expanddims": expand,
    "squeeze": squeeze,
    "concatenate": concatenate,
    "concat": concatenate,
    "concatv2": concatenate,
    "stack": stack,
    "square": _square,
    "rsqrt": _inverse_root,
    "getitem": item_of,
    "stridedslice": item_of,
    "einsum": _einsum,
    "argmax": _largest,
}
