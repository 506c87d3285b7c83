"""The fields of `Shape` and `Value`: extents that are not known are left out, so that nothing follows from them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Final

from netlint.engine.policies.field import Field, integer, integers, plain
from netlint.model import Model, Shape, Unknown, Value, product, spell
from netlint.ops import operator

if TYPE_CHECKING:
    from netlint.engine.policies.view import View

#: The axes that have names of their own: `d0`, `d1`, ...
_AXES: Final = 8

#: Operators that read or write images: their values have channels, whatever else stands around.
_SPATIAL: Final = frozenset({
    "Conv", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool", "LRN",
    "InstanceNormalization", "MaxRoiPool", "MaxUnpool", "DepthToSpace", "SpaceToDepth",
})  # fmt: skip
_IN_PLACE: Final = frozenset({"activation", "affine", "dropout", "normalisation", "merge"})
_FARTHEST: Final = 8


@dataclass(frozen=True, slots=True)
class Extents:
    """A shape as the source has it, and as (batch, channels, spatial...) where that is certain."""

    shape: tuple[object, ...]
    image: tuple[object, ...] | None = None


def extents(view: View, value: Value) -> Extents | None:
    """What is known of a value's shape; None where not even its rank is."""
    shapes = view.fact("Shapes")
    shape: Shape = shapes[value]
    if isinstance(shape, Unknown):
        return None
    image = shapes.image(value)
    certain = len(shape) == 2 or (len(shape) > 2 and is_image(view.model, value, tuple(image) != tuple(shape)))
    return Extents(tuple(shape), tuple(image) if certain and isinstance(image, tuple) else None)


def is_image(model: Model, value: Value, turned: bool = False) -> bool:
    """Whether the second axis certainly holds channels: by the dialect, or by an operator that works on images."""
    if turned or model.dialect == "caffe":
        return True
    for _ in range(_FARTHEST):
        if any(edge.slot == 0 and edge.node.op in _SPATIAL for edge in value.uses):
            return True
        maker = value.producer
        if maker is None:
            return False
        if maker.op in _SPATIAL:
            return True
        if operator(maker.op).kind not in _IN_PLACE or not maker.inputs:
            return False
        value = maker.inputs[0].value
    return False


def _axis(number: int, _view: View, at: Extents) -> int | None:
    return integer(at.shape[number]) if -len(at.shape) <= number < len(at.shape) else None


def _of_image(number: int, fewest: int, _view: View, at: Extents) -> int | None:
    if at.image is None or len(at.image) < fewest or number >= len(at.image):
        return None
    return integer(at.image[number])


def _elements(_view: View, at: Extents) -> int | None:
    known = integers(at.shape)
    return None if known is None else integer(product(known))


def _text(_view: View, at: Extents) -> str:
    return spell(at.shape)  # type: ignore[arg-type]


def _height(view: View, at: Extents) -> int | None:
    return None if at.image is None or len(at.image) != 4 else _of_image(2, 4, view, at)


def _width(view: View, at: Extents) -> int | None:
    return None if at.image is None or len(at.image) != 4 else _of_image(3, 4, view, at)


SHAPE: Final = (
    Field("rank", "int", "the number of axes", lambda _view, at: len(at.shape)),
    *(
        Field(f"d{axis}", "int", f"the extent of axis {axis}, in the source's own order", partial(_axis, axis))
        for axis in range(_AXES)
    ),
    Field("last", "int", "the extent of the last axis", partial(_axis, -1)),
    Field("dims", "list(int)", "all extents, where every one of them is known", lambda _view, at: integers(at.shape)),
    Field("elements", "int", "the number of elements", _elements),
    Field("batch", "int", "the extent of the first axis", partial(_axis, 0)),
    Field(
        "channels",
        "int",
        "the channels of an image, in whatever order the source has its axes; the features of a matrix",
        partial(_of_image, 1, 2),
    ),
    Field("height", "int", "the height of an image", _height),
    Field("width", "int", "the width of an image", _width),
    Field("text", "string", "for messages: `1x3x224x224`, with `?` for what is not known", _text),
)

VALUE: Final = (
    Field("name", "string", "its name", lambda _view, value: plain(value.name)),
    Field("shape", "Shape", "its shape", lambda view, value: view.shape(value), ("Shapes",)),
    Field(
        "dtype", "string", "its element type (`float32`), where the source says it", lambda _view, value: dtype(value)
    ),
)


def dtype(value: Value) -> str | None:
    """The element type of a value, where it is known."""
    return value.dtype or None
