"""Operators that move, regroup or select elements without computing anything."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import axis_of, came_from, integer, needs_rank, undetermined
from netlint.ops.axes import permuted, squeezed
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.repeating import tiled
from netlint.ops.reshaping import flattened, moved, reshaped
from netlint.ops.slicing import parted


def flatten(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axes `axis` to `end_axis` become one (BVLC/caffe src/caffe/layers/flatten_layer.cpp)."""
    if node.dialect != "caffe":
        return flattened(node, inputs, report)
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    start, end = axis_of(node, shape, report), axis_of(node, shape, report, "end_axis", -1)
    if start is None or end is None:
        return undetermined(node)
    return Outcome(((*shape[:start], product(shape[start : end + 1]), *shape[end + 1 :]),))


def reshape(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`shape` with 0 (copy) and -1 (infer) replaces the axes from `axis` on, `num_axes` of them (-1: all)
    (BVLC/caffe src/caffe/layers/reshape_layer.cpp)."""
    if node.dialect != "caffe":
        return reshaped(node, inputs, report)
    shape = inputs[0] if inputs else UNKNOWN
    target = node.get("shape", ())
    start, count = integer(node, "axis", 0), integer(node, "num_axes", -1)
    if isinstance(shape, Unknown) or not isinstance(target, tuple):
        return undetermined(node)
    if isinstance(start, Unknown) or isinstance(count, Unknown):
        return undetermined(node)
    if start < 0:
        start += len(shape) + 1
    stop = len(shape) if count == -1 else start + count
    if not 0 <= start <= stop <= len(shape):
        report(
            Problem(
                "rank-mismatch",
                f"{node.label} replaces axes {start} to {stop} of an input of {len(shape)} axes ({spell(shape)})",
                node.place("num_axes", "axis"),
                related=came_from(node, 0, shape),
                remedy="keep the replaced axes inside the input",
                node=node,
            )
        )
        return undetermined(node)
    result: list[Dim] = []
    inferred = None
    for index, item in enumerate(target):
        if item == 0:
            source = start + index
            if source >= len(shape):
                _bad_count(node, shape, f"copies axis {source}, which the input does not have", report)
                return undetermined(node)
            result.append(shape[source])
        elif item == -1:
            if inferred is not None:
                _bad_count(node, shape, "has more than one -1: only one axis can be inferred", report)
                return undetermined(node)
            inferred = index
            result.append(1)
        else:
            result.append(item if isinstance(item, int) else UNKNOWN)
    replaced, given = product(shape[start:stop]), product(tuple(result))
    if inferred is not None:
        if isinstance(replaced, int) and isinstance(given, int) and given > 0:
            if replaced % given:
                _bad_count(
                    node, shape, f"leaves {replaced} elements for an axis, but {given} do not divide them", report
                )
                return undetermined(node)
            result[inferred] = replaced // given
        else:
            result[inferred] = UNKNOWN
    elif isinstance(replaced, int) and isinstance(given, int) and replaced != given:
        _bad_count(node, shape, f"turns {replaced} elements into {given}", report)
        return undetermined(node)
    return Outcome(((*shape[:start], *result, *shape[stop:]),))


def _bad_count(node: Node, shape: Shape, what: str, report: Report) -> None:
    report(
        Problem(
            "reshape-element-count",
            f"{node.label} reshapes {spell(shape)} and {what}",
            node.place("shape"),
            related=came_from(node, 0, shape),
            remedy="choose dimensions whose product equals the input's, or let one of them be -1",
            node=node,
        )
    )


def split(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Cuts `axis` at the given points, or into equal parts (BVLC/caffe src/caffe/layers/slice_layer.cpp)."""
    if node.dialect != "caffe":
        return parted(node, inputs, report)
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or not node.outputs:
        return undetermined(node)
    axis = axis_of(node, shape, report)
    if axis is None:
        return undetermined(node)
    extent, parts = shape[axis], len(node.outputs)
    points = node.get("points", ())
    sizes: list[Dim]
    if isinstance(points, tuple) and points:
        if len(points) != parts - 1:
            _bad_split(
                node, shape, f"has {parts} outputs but {len(points)} cutting points; it needs {parts - 1}", report
            )
            return undetermined(node)
        bounds = [0, *(point if isinstance(point, int) else UNKNOWN for point in points), extent]
        sizes = [
            high - low if isinstance(high, int) and isinstance(low, int) else UNKNOWN for low, high in pairwise(bounds)
        ]
        if any(isinstance(size, int) and size <= 0 for size in sizes):
            _bad_split(
                node, shape, f"cuts axis {axis} of {extent} at {', '.join(map(str, points))}: a part is empty", report
            )
            return undetermined(node)
    elif isinstance(extent, int):
        if extent % parts:
            _bad_split(node, shape, f"cuts {extent} into {parts} equal parts, which does not come out even", report)
            return undetermined(node)
        sizes = [extent // parts] * parts
    else:
        sizes = [UNKNOWN] * parts
    return Outcome(tuple((*shape[:axis], size, *shape[axis + 1 :]) for size in sizes))


def _bad_split(node: Node, shape: Shape, what: str, report: Report) -> None:
    report(
        Problem(
            "split-size-mismatch",
            f"{node.label} {what}",
            node.place("points", "axis"),
            related=came_from(node, 0, shape),
            remedy="make the parts add up to the axis",
            node=node,
        )
    )


def crop(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """From `axis` on the first input is cut to the second one's size, at the given offsets
    (BVLC/caffe src/caffe/layers/crop_layer.cpp)."""
    if len(inputs) != 2 or isinstance(inputs[0], Unknown):
        return undetermined(node)
    shape, reference = inputs
    if isinstance(shape, Unknown) or isinstance(reference, Unknown):
        return undetermined(node)
    axis = axis_of(node, shape, report, default=2)
    if axis is None or len(reference) != len(shape):
        return undetermined(node)
    cropped = len(shape) - axis
    offsets = node.get("offsets", ())
    if not isinstance(offsets, tuple):
        # Found by the framework itself.
        return Outcome(((*shape[:axis], *reference[axis:]),))
    if len(offsets) > 1 and len(offsets) != cropped:
        report(
            Problem(
                "invalid-geometry",
                f"{node.label} crops {cropped} axes but gives {len(offsets)} offsets",
                node.place("offsets"),
                remedy=f"give one offset for all axes, or {cropped} of them",
                node=node,
            )
        )
        return undetermined(node)
    per_axis = offsets * cropped if len(offsets) == 1 else offsets or (0,) * cropped
    for index, offset in enumerate(per_axis):
        have, want = shape[axis + index], reference[axis + index]
        if (
            isinstance(have, int)
            and isinstance(want, int)
            and isinstance(offset, int)
            and (offset < 0 or offset + want > have)
        ):
            report(
                Problem(
                    "index-out-of-range",
                    f"{node.label} takes {want} elements at offset {offset} from axis {axis + index}, "
                    f"which has only {have} ({spell(shape)} cropped like {spell(reference)})",
                    node.place("offsets"),
                    related=(*came_from(node, 0, shape), *came_from(node, 1, reference)),
                    remedy=f"use an offset of at most {max(have - want, 0)}",
                    node=node,
                )
            )
            return undetermined(node)
    return Outcome(((*shape[:axis], *reference[axis:]),))


def tile(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`axis` is repeated `tiles` times."""
    if node.dialect != "caffe":
        return tiled(node, inputs, report)
    shape, tiles = inputs[0] if inputs else UNKNOWN, integer(node, "tiles", 0)
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_of(node, shape, report)
    if axis is None:
        return undetermined(node)
    extent = shape[axis]
    repeated = extent * tiles if isinstance(extent, int) and isinstance(tiles, int) else UNKNOWN
    return Outcome(((*shape[:axis], repeated, *shape[axis + 1 :]),))


def filtered(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Keeps the batch items that the selector names: their number depends on the data. The selector is (N, 1, ...)
    (BVLC/caffe src/caffe/layers/filter_layer.cpp, Reshape)."""
    selector = inputs[-1] if inputs else UNKNOWN
    if isinstance(selector, tuple) and selector and len(inputs) > 1:
        _selects(node, inputs, selector, report)
    return Outcome(
        tuple(
            shape if isinstance(shape, Unknown) or not shape else (UNKNOWN, *shape[1:])
            for shape in (inputs[slot] if slot < len(inputs) else UNKNOWN for slot in range(len(node.outputs)))
        )
    )


def _selects(node: Node, inputs: Sequence[Shape], selector: tuple[Dim, ...], report: Report) -> None:
    wrong = any(isinstance(dim, int) and dim != 1 for dim in selector[1:])
    batches = [(slot, shape) for slot, shape in enumerate(inputs[:-1]) if isinstance(shape, tuple) and shape]
    other = next(
        (
            (slot, shape)
            for slot, shape in batches
            if isinstance(shape[0], int) and isinstance(selector[0], int) and shape[0] != selector[0]
        ),
        None,
    )
    if not wrong and other is None:
        return
    slot = len(inputs) - 1
    needed = "one number for each item" if other is None else f"{other[1][0]} of them, one for each item"
    report(
        Problem(
            "merge-shape-mismatch",
            f"{node.label} selects by `{node.inputs[slot].value.name}`, which is {spell(selector)}: "
            f"Caffe wants {needed}",
            node.inputs[slot],
            related=(*came_from(node, slot, selector), *(came_from(node, *other) if other else ())),
            remedy="select with a value of one number an item",
            node=node,
        )
    )


def identity(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The input itself, with its elements."""
    return moved(node, inputs, inputs[0] if inputs else UNKNOWN)


def batch_reindex(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Rows of the first input, picked by the second (BVLC/caffe src/caffe/layers/batch_reindex_layer.cpp)."""
    if len(inputs) != 2 or isinstance(inputs[0], Unknown) or isinstance(inputs[1], Unknown):
        return undetermined(node)
    if not needs_rank(node, 1, inputs[1], 1, "the rows to pick", report):
        return undetermined(node)
    return Outcome(((inputs[1][0], *inputs[0][1:]),))


def transpose(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """The axes in the order of `perm`; those that it leaves out follow in their own order, as Caffe's Permute has it
    (weiliu89/caffe src/caffe/layers/permute_layer.cpp, LayerSetUp)."""
    if node.dialect != "caffe":
        return permuted(node, inputs, report)
    shape, perm = inputs[0] if inputs else UNKNOWN, node.get("perm", ())
    if isinstance(shape, Unknown) or not isinstance(perm, tuple):
        return undetermined(node)
    order = [axis for axis in perm if isinstance(axis, int)]
    outside = next((axis for axis in order if axis >= len(shape)), None)
    if outside is not None:
        report(
            Problem(
                "rank-mismatch",
                f"{node.label} moves axis {outside}, but its input {spell(shape)} has only {len(shape)} axes",
                node.place("perm"),
                related=came_from(node, 0, shape),
                remedy="name only axes that the input has",
                node=node,
            )
        )
        return undetermined(node)
    order += [axis for axis in range(len(shape)) if axis not in order]
    return Outcome((tuple(shape[axis] for axis in order),) if len(order) == len(shape) else (UNKNOWN,))


def squeeze(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axes of extent 1 are taken away: those named, or all of them."""
    if node.dialect != "caffe":
        return squeezed(node, inputs, report)
    shape, axes = inputs[0] if inputs else UNKNOWN, node.get("axes", ())
    if isinstance(shape, Unknown) or not isinstance(axes, tuple):
        return undetermined(node)
    if not axes:
        known = all(isinstance(dim, int) for dim in shape)
        return Outcome((tuple(dim for dim in shape if dim != 1) if known else UNKNOWN,))
    rank = len(shape)
    named = {axis % rank for axis in axes if isinstance(axis, int) and -rank <= axis < rank}
    for axis in sorted(named):
        if isinstance(shape[axis], int) and shape[axis] != 1:
            report(
                Problem(
                    "rank-mismatch",
                    f"{node.label} takes away axis {axis} of {spell(shape)}, which has {shape[axis]} elements",
                    node.place("axes"),
                    related=came_from(node, 0, shape),
                    remedy="take away axes of extent 1 only",
                    node=node,
                )
            )
            return undetermined(node)
    return Outcome((tuple(dim for axis, dim in enumerate(shape) if axis not in named),))


def shuffle_channels(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """The channels of each group are dealt out over all groups; the shape stays."""
    shape, group = inputs[0] if inputs else UNKNOWN, integer(node, "group", 1)
    if not isinstance(shape, Unknown) and len(shape) > 1 and isinstance(group, int):
        channels = shape[1]
        if isinstance(channels, int) and (group < 1 or channels % group):
            report(
                Problem(
                    "group-not-dividing",
                    f"{node.label} shuffles {channels} channels between {group} groups, but {channels} is not a "
                    f"multiple of {group}",
                    node.place("group"),
                    related=came_from(node, 0, shape),
                    remedy=f"choose a number of groups that divides {channels}",
                    node=node,
                )
            )
    return Outcome((shape,))


OPERATORS = (
    Operator("Transpose", transpose, kind="layout", transparent=True, linear=True, in_place="corrupts"),
    Operator("Squeeze", squeeze, kind="layout", transparent=True, linear=True, in_place="refused"),
    Operator("caffe::ShuffleChannel", shuffle_channels, kind="layout", transparent=True, linear=True),
    Operator("Identity", identity, kind="layout", transparent=True, linear=True, in_place="refused"),
    Operator("Flatten", flatten, kind="layout", transparent=True, linear=True, in_place="refused"),
    Operator("Reshape", reshape, kind="layout", transparent=True, linear=True, in_place="refused"),
    Operator("Split", split, kind="layout", transparent=True, linear=True, in_place="corrupts"),
    Operator("caffe::Crop", crop, kind="layout", transparent=True, linear=True, in_place="corrupts"),
    Operator("Tile", tile, kind="layout", transparent=True, linear=True, in_place="corrupts"),
    Operator("caffe::Filter", filtered, kind="layout", transparent=True, linear=True, in_place="corrupts"),
    Operator("caffe::BatchReindex", batch_reindex, kind="layout", transparent=True, linear=True, in_place="corrupts"),
)
