"""Operators that move, cut and join elements."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from netlint.loaders.tensorflow.build import Builder
from netlint.loaders.tensorflow.graph import Op, Port
from netlint.loaders.tensorflow.layers import Handler
from netlint.loaders.tensorflow.variables import elements_behind, whole_numbers
from netlint.model import Attr, Value

_END: Final = 2**31 - 1
_MOST_AXES: Final = 32


def opaque(build: Builder, op: Op) -> None:
    """An operator of which nothing is known."""
    types = op.attrs.get("Tout") or op.attrs.get("output_types") or op.attrs.get("T")
    count = len(types.list.type) if types is not None and op.type in _SEVERAL else 1
    build.add(op, f"tensorflow::{op.type}", op.inputs, outputs=max(count, 1))


#: Operators whose list of types counts their outputs.
_SEVERAL: Final = frozenset(
    ("While", "StatelessWhile", "If", "StatelessIf", "Case", "StatelessCase", "PartitionedCall",
     "StatefulPartitionedCall", "IdentityN", "PyFunc", "EagerPyFunc")
)  # fmt: skip


def reshape(build: Builder, op: Op) -> None:
    # TensorFlow's 0 is an extent of 0.
    build.add(op, "Reshape", op.inputs[:2], [Attr("allowzero", 1)])


def transpose(build: Builder, op: Op) -> None:
    perm = whole_numbers(op.input(1))
    if perm is None:
        opaque(build, op)
    else:
        build.add(op, "Transpose", op.inputs[:1], [Attr("perm", perm)])


def squeeze(build: Builder, op: Op) -> None:
    axes = op.integers("squeeze_dims") or op.integers("axis")
    build.add(op, "Squeeze", op.inputs[:1], [build.attr(op, "axes", axes, "squeeze_dims") if axes else None])


def expand_dims(build: Builder, op: Op) -> None:
    axes = whole_numbers(op.input(1))
    if axes is None:
        opaque(build, op)
    else:
        build.add(op, "Unsqueeze", op.inputs[:1], [Attr("axes", axes)])


def shape(build: Builder, op: Op) -> None:
    build.add(op, "Shape", op.inputs[:1])


def fill(build: Builder, op: Op) -> None:
    elements = elements_behind(op.input(1))
    value = elements[0] if elements else None
    attrs = [Attr("value", (value,))] if isinstance(value, int | float) else []
    build.add(op, "ConstantOfShape", op.inputs[:1], attrs)


def pack(build: Builder, op: Op) -> None:
    build.add(op, "tensorflow::Pack", op.inputs, [build.attr(op, "axis", op.integer("axis"))])


def unpack(build: Builder, op: Op) -> None:
    count = op.integer("num")
    attrs = [build.attr(op, "axis", op.integer("axis")), build.attr(op, "num", count)]
    build.add(op, "tensorflow::Unpack", op.inputs, attrs, outputs=max(1, min(count, 4096)))


def concat(build: Builder, op: Op) -> None:
    """`ConcatV2` names the axis last, `Concat` first."""
    last = op.type == "ConcatV2"
    values, axis = (op.inputs[:-1], op.inputs[-1]) if last else (op.inputs[1:], op.input(0))
    axes = whole_numbers(axis) if op.inputs else None
    if axes is None or len(axes) != 1:
        build.add(op, "tensorflow::Concat", op.inputs)
    else:
        build.add(op, "Concat", values, [Attr("axis", axes[0])])


def split(build: Builder, op: Op) -> None:
    """`Split`: axis, value; `SplitV`: value, sizes, axis."""
    equal = op.type == "Split"
    axes = whole_numbers(op.input(0 if equal else 2))
    count = op.integer("num_split", 1)
    if axes is None or len(axes) != 1 or not 0 < count <= 4096:
        opaque(build, op)
        return
    attrs = [Attr("axis", axes[0])]
    if not equal:
        sizes = whole_numbers(op.input(1))
        if sizes is None or -1 in sizes:
            opaque(build, op)
            return
        attrs.append(Attr("split", sizes))
    build.add(op, "Split", [op.input(1 if equal else 0)], attrs, outputs=count)


def pad(build: Builder, op: Op) -> None:
    pairs = whole_numbers(op.input(1))
    if pairs is None or len(pairs) % 2:
        opaque(build, op)
        return
    modes = {"REFLECT": "reflect", "SYMMETRIC": "symmetric"}
    mode = modes.get(op.text("mode"), "constant")
    build.add(op, "Pad", op.inputs[:1], [Attr("pads", (*pairs[0::2], *pairs[1::2])), Attr("mode", mode)])


def cut(build: Builder, op: Op) -> None:
    """`Slice`: begin and size, of which -1 goes on to the end."""
    begins, sizes = whole_numbers(op.input(1)), whole_numbers(op.input(2))
    if begins is None or sizes is None or len(begins) != len(sizes):
        build.add(op, "tensorflow::Slice", op.inputs)
        return
    ends = tuple(_END if size == -1 else begin + size for begin, size in zip(begins, sizes, strict=True))
    axes = tuple(range(len(begins)))
    build.add(op, "Slice", op.inputs[:1], [Attr("starts", begins), Attr("ends", ends), Attr("axes", axes)])


def strided_slice(build: Builder, op: Op) -> None:
    """Python's indexing: masks say which bounds are open, which axes are new, and which go away
    (tensorflow/core/ops/array_ops.cc, StridedSlice)."""
    found = [whole_numbers(op.input(slot)) for slot in (1, 2, 3)]
    begins, ends, steps = found
    if begins is None or ends is None or steps is None or not len(begins) == len(ends) == len(steps) <= _MOST_AXES:
        opaque(build, op)
        return
    count = len(begins)
    ellipsis, new = op.integer("ellipsis_mask"), op.integer("new_axis_mask")
    shrink, open_begin, open_end = op.integer("shrink_axis_mask"), op.integer("begin_mask"), op.integer("end_mask")
    behind = next((index for index in range(count) if ellipsis >> index & 1), count)
    if new and ellipsis:
        opaque(build, op)
        return
    axes: list[int] = []
    starts: list[int] = []
    stops: list[int] = []
    by: list[int] = []
    gone: list[int] = []
    added: list[int] = []
    axis = 0
    place = 0
    for index in range(count):
        if index == behind:
            # What follows counts from the end.
            axis = place = index + 1 - count
            continue
        if new >> index & 1:
            added.append(place)
            place += 1
            continue
        if shrink >> index & 1:
            gone.append(axis)
            first = begins[index]
            span = (first, _END if first == -1 else first + 1, 1)
        else:
            step = steps[index]
            first = begins[index] if not open_begin >> index & 1 else (0 if step > 0 else _END)
            stop = ends[index] if not open_end >> index & 1 else (_END if step > 0 else -_END)
            span = (first, stop, step)
            place += 1
        if span != (0, _END, 1):
            axes.append(axis)
            starts.append(span[0])
            stops.append(span[1])
            by.append(span[2])
        axis += 1
    attrs = [Attr("starts", tuple(starts)), Attr("ends", tuple(stops)), Attr("axes", tuple(axes))]
    if set(by) - {1}:
        attrs.append(Attr("steps", tuple(by)))
    _cut_and_turned(build, op, attrs if axes else None, tuple(gone), tuple(added))


def _cut_and_turned(
    build: Builder, op: Op, cuts: list[Attr] | None, gone: tuple[int, ...], added: tuple[int, ...]
) -> None:
    """The slice, then without the axes that go away, then with the new ones; the last step bears the name."""
    parts: list[tuple[str, list[Attr]]] = []
    if cuts is not None:
        parts.append(("Slice", cuts))
    if gone:
        parts.append(("Squeeze", [Attr("axes", gone)]))
    if added:
        parts.append(("Unsqueeze", [Attr("axes", added)]))
    value: Value | Port | None = op.input(0)
    for name, attrs in parts[:-1]:
        value = build.step(op, name, [value], attrs)
    if parts:
        build.add(op, parts[-1][0], [value], parts[-1][1])
    else:
        build.alias(op, op.input(0))


def one_hot(build: Builder, op: Op) -> None:
    build.add(op, "OneHot", op.inputs[:3], [build.attr(op, "axis", op.integer("axis", -1))])


def best(build: Builder, op: Op) -> None:
    build.add(op, "TopK", op.inputs[:2], [Attr("axis", -1)], outputs=2)


def resize(build: Builder, op: Op) -> None:
    build.add(op, "tensorflow::Resize", op.inputs[:2])


def blocks(name: str, build: Builder, op: Op) -> None:
    if op.text("data_format", "NHWC") == "NCHW_VECT_C":
        opaque(build, op)
        return
    last = op.text("data_format", "NHWC") == "NHWC"
    attrs = [build.attr(op, "blocksize", op.integer("block_size"), "block_size")]
    build.add(op, name, op.inputs[:1], attrs, channels_last=last)


def hand_on(build: Builder, op: Op) -> None:
    build.alias(op, op.input(0))


def hand_all_on(build: Builder, op: Op) -> None:
    for index, port in enumerate(op.inputs):
        build.alias(op, port, index)


def source(build: Builder, op: Op) -> None:
    build.input(op)


HANDLERS: Final[Mapping[str, Handler]] = {
    "Reshape": reshape,
    "Transpose": transpose,
    "Squeeze": squeeze,
    "ExpandDims": expand_dims,
    "Shape": shape,
    "Fill": fill,
    "Pack": pack,
    "Stack": pack,
    "Unpack": unpack,
    "ConcatV2": concat,
    "Concat": concat,
    "Split": split,
    "SplitV": split,
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), pad),
    "Slice": cut,
    "StridedSlice": strided_slice,
    "OneHot": one_hot,
    **dict.fromkeys(("TopKV2", "TopK"), best),
    **dict.fromkeys(
        ("ResizeBilinear", "ResizeNearestNeighbor", "ResizeBicubic", "ResizeArea", "ScaleAndTranslate"), resize
    ),
    "DepthToSpace": partial(blocks, "DepthToSpace"),
    "SpaceToDepth": partial(blocks, "SpaceToDepth"),
    "IdentityN": hand_all_on,
    **dict.fromkeys(
        (
            *("Placeholder", "PlaceholderV2", "PlaceholderWithDefault", "_Arg", "IteratorGetNext", "ParseExample"),
            *("IteratorGetNextSync", "ParseExampleV2", "QueueDequeueManyV2", "QueueDequeueV2", "QueueDequeueUpToV2"),
            *("QueueDequeueMany", "QueueDequeue", "InfeedDequeue", "InfeedDequeueTuple"),
        ),
        source,
    ),
}
