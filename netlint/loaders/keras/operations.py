"""Functions on tensors inside a functional model: the op nodes of Keras 3, the `TFOpLambda` layers of Keras 2.

Both are named by the last part of their name without underscores and case: `keras.src.ops.numpy` `ExpandDims` and
`tf.expand_dims` are `expanddims`. What is not in the table keeps its place in the network as an operator of which
nothing is known but the shape that Keras 3 writes beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from netlint.loaders.keras.activations import FUNCTIONS
from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.calls import Slice
from netlint.loaders.keras.layer import Layer, real, whole
from netlint.model import UNKNOWN, Attr, AttrValue, Elements, Shape, Unknown, Value

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


def argument(layer: Layer, call: Arguments, *names: str, at: int = -1) -> Any:
    """An argument of the function: Keras 3 keeps those of its constructor in the layer, the others in the call."""
    for name in names:
        if name in layer.config:
            return layer.config[name]
        if name in call.kwargs:
            return call.kwargs[name]
    return call.args[at] if 0 <= at < len(call.args) else None


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


def _axes(given: object) -> tuple[int | Unknown, ...] | None:
    if given is None:
        return None
    return tuple(map(whole, given)) if isinstance(given, list | tuple) else (whole(given),)


def _reduce(builder: Builder, layer: Layer, call: Arguments, op: str) -> list[Value] | None:
    if len(call.inputs) > 1:
        return None
    axes = _axes(argument(layer, call, "axis", "axes", "reduction_indices"))
    keep = argument(layer, call, "keepdims", "keep_dims") is True
    attrs = [plain("keepdims", int(keep))]
    if axes is not None:
        attrs.append(Attr("axes", axes, layer.place("axis"), "axis"))
    return builder.emit(op, layer, call.inputs[:1], attrs)


def _numbers(given: object) -> AttrValue:
    """A shape or a list of axes, as far as it is written down."""
    if isinstance(given, list | tuple):
        return tuple(whole(item) if not isinstance(item, Value) else UNKNOWN for item in given)
    return UNKNOWN if given is None or isinstance(given, Value) else (whole(given),)


def _reshape(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    target = _numbers(argument(layer, call, "newshape", "shape", at=1))
    # The batch as Keras 3 leaves it open: the axis takes what is left.
    if isinstance(target, tuple) and -1 not in target:
        target = tuple(-1 if isinstance(item, Unknown) and index == 0 else item for index, item in enumerate(target))
    return builder.emit(
        "Reshape", layer, call.inputs[:1], [Attr("shape", target, layer.place("newshape")), plain("allowzero", 1)]
    )


def _transpose(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    perm = argument(layer, call, "axes", "perm", at=1)
    attrs = [Attr("perm", _numbers(perm), layer.place("axes"), "axes")] if perm is not None else []
    return builder.emit("Transpose", layer, call.inputs[:1], attrs)


def _expand(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axes = _axes(argument(layer, call, "axis", at=1)) or (UNKNOWN,)
    return builder.emit("Unsqueeze", layer, call.inputs[:1], [Attr("axes", axes, layer.place("axis"), "axis")])


def _squeeze(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axes = _axes(argument(layer, call, "axis", at=1))
    attrs = [Attr("axes", axes, layer.place("axis"), "axis")] if axes else []
    return builder.emit("Squeeze", layer, call.inputs[:1], attrs)


def _concatenate(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axis = argument(layer, call, "axis", at=1)
    return builder.emit(
        "Concat", layer, call.inputs, [Attr("axis", 0 if axis is None else whole(axis), layer.place("axis"))]
    )


def _stack(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axis = argument(layer, call, "axis", at=1)
    where: int | Unknown = 0 if axis is None else whole(axis)
    parts = [
        builder.emit("Unsqueeze", layer, [value], [plain("axes", (where,))], part=f"part {index}")[0]
        for index, value in enumerate(call.inputs)
    ]
    return builder.emit("Concat", layer, parts, [Attr("axis", where, layer.place("axis"))])


def _square(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    return builder.emit("Mul", layer, [call.inputs[0], call.inputs[0]])


def _inverse_root(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    root = builder.emit("Sqrt", layer, call.inputs[:1], part="root")
    return builder.emit("Reciprocal", layer, root)


def _item(builder: Builder, layer: Layer, call: Arguments) -> list[Value] | None:
    """`x[...]`: numbers, slices, new axes and an ellipsis."""
    index = argument(layer, call, "key", "slice_spec", at=1)
    parts = index if isinstance(index, list) else [index]
    words = [_index_word(part) for part in parts]
    if index is None or any(word is None for word in words) or len(call.inputs) > 1:
        return None
    return builder.emit(
        "keras::GetItem", layer, call.inputs[:1], [plain("index", tuple(word for word in words if word is not None))]
    )


def _index_word(part: object) -> str | None:
    if isinstance(part, Slice):
        bounds = [("" if end is None else end) for end in part]
        return ":".join(map(str, bounds)) if all(end == "" or isinstance(end, int) for end in bounds) else None
    if part is None:
        return "new"
    if isinstance(part, dict):
        return "..." if part.get("class_name") == "__ellipsis__" else None
    number = whole(part)
    return str(number) if isinstance(number, int) else None


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
    "reshape": _reshape,
    "transpose": _transpose,
    "expanddims": _expand,
    "squeeze": _squeeze,
    "concatenate": _concatenate,
    "concat": _concatenate,
    "concatv2": _concatenate,
    "stack": _stack,
    "square": _square,
    "rsqrt": _inverse_root,
    "getitem": _item,
    "stridedslice": _item,
    "einsum": _einsum,
    "argmax": _largest,
}
