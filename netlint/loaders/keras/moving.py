"""Functions that move, cut and join tensors: reshape, transpose, `x[...]` and the like."""

from __future__ import annotations

from typing import Any

from netlint.loaders.keras.build import Arguments, Builder, plain
from netlint.loaders.keras.calls import Slice
from netlint.loaders.keras.layer import Layer, whole
from netlint.model import UNKNOWN, Attr, AttrValue, Unknown, Value


def argument(layer: Layer, call: Arguments, *names: str, at: int = -1) -> Any:
    """An argument of the function: Keras 3 keeps those of its constructor in the layer, the others in the call."""
    for name in names:
        if name in layer.config:
            return layer.config[name]
        if name in call.kwargs:
            return call.kwargs[name]
    return call.args[at] if 0 <= at < len(call.args) else None


def axes_of(given: object) -> tuple[int | Unknown, ...] | None:
    if given is None:
        return None
    return tuple(map(whole, given)) if isinstance(given, list | tuple) else (whole(given),)


def _numbers(given: object) -> AttrValue:
    """A shape or a list of axes, as far as it is written down."""
    if isinstance(given, list | tuple):
        return tuple(whole(item) if not isinstance(item, Value) else UNKNOWN for item in given)
    return UNKNOWN if given is None or isinstance(given, Value) else (whole(given),)


def reshape(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    target = _numbers(argument(layer, call, "newshape", "shape", at=1))
    # The batch as Keras 3 leaves it open: the axis takes what is left.
    if isinstance(target, tuple) and -1 not in target:
        target = tuple(-1 if isinstance(item, Unknown) and index == 0 else item for index, item in enumerate(target))
    return builder.emit(
        "Reshape", layer, call.inputs[:1], [Attr("shape", target, layer.place("newshape")), plain("allowzero", 1)]
    )


def transpose(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    perm = argument(layer, call, "axes", "perm", at=1)
    attrs = [Attr("perm", _numbers(perm), layer.place("axes"), "axes")] if perm is not None else []
    return builder.emit("Transpose", layer, call.inputs[:1], attrs)


def expand(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axes = axes_of(argument(layer, call, "axis", at=1)) or (UNKNOWN,)
    return builder.emit("Unsqueeze", layer, call.inputs[:1], [Attr("axes", axes, layer.place("axis"), "axis")])


def squeeze(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axes = axes_of(argument(layer, call, "axis", at=1))
    attrs = [Attr("axes", axes, layer.place("axis"), "axis")] if axes else []
    return builder.emit("Squeeze", layer, call.inputs[:1], attrs)


def concatenate(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axis = argument(layer, call, "axis", at=1)
    return builder.emit(
        "Concat", layer, call.inputs, [Attr("axis", 0 if axis is None else whole(axis), layer.place("axis"))]
    )


def stack(builder: Builder, layer: Layer, call: Arguments) -> list[Value]:
    axis = argument(layer, call, "axis", at=1)
    where: int | Unknown = 0 if axis is None else whole(axis)
    parts = [
        builder.emit("Unsqueeze", layer, [value], [plain("axes", (where,))], part=f"part {index}")[0]
        for index, value in enumerate(call.inputs)
    ]
    return builder.emit("Concat", layer, parts, [Attr("axis", where, layer.place("axis"))])


def item_of(builder: Builder, layer: Layer, call: Arguments) -> list[Value] | None:
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
