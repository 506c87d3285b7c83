"""PyTorch's operators that move, regroup, repeat or pick elements, where ONNX has no name for them."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, minus, plus, product, quotient, spell, times
from netlint.ops.activation import same
from netlint.ops.arithmetic import MOST_AXES, axis_within, called, differ, integer, listed, refused, undetermined
from netlint.ops.broadcast import joined, wider
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.repeating import too_long
from netlint.ops.reshaping import moved


def _first(node: Node, inputs: Arrived) -> tuple[Dim, ...] | None:
    shape = inputs[0] if inputs else UNKNOWN
    return shape if isinstance(shape, tuple) and len(shape) <= MOST_AXES else None


def _named(node: Node, inputs: Arrived, report: Report) -> tuple[tuple[Dim, ...], int] | None:
    """The first input's shape, and the axis `dim` of it, counted from the front."""
    shape = _first(node, inputs)
    axis = None if shape is None else axis_within(node, inputs, report, integer(node, "dim", 0), len(shape))
    return None if shape is None or axis is None else (shape, axis)


def merged(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axes `axis` to `end_axis` become one; a scalar becomes a vector (torch.flatten)."""
    shape = _first(node, inputs)
    if shape is None:
        return undetermined(node)
    if not shape:
        return moved(node, inputs, (1,))
    start = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape))
    end = axis_within(node, inputs, report, integer(node, "end_axis", -1), len(shape))
    if start is None or end is None or end < start:
        return undetermined(node)
    return moved(node, inputs, (*shape[:start], product(shape[start : end + 1]), *shape[end + 1 :]))


def parted_axis(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axis `dim` becomes several of extents `sizes`, one of which may be -1 (torch.unflatten)."""
    shape, sizes = _first(node, inputs), listed(node, inputs, "sizes")
    if shape is None or not isinstance(sizes, tuple):
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "dim", 0), len(shape))
    if axis is None or len(sizes) + len(shape) > MOST_AXES:
        return undetermined(node)
    given = product(size for size in sizes if size != -1)
    whole = shape[axis]
    if isinstance(whole, int) and isinstance(given, int):
        uneven = whole % given != 0 if -1 in sizes and given > 0 else given != whole
        if uneven:
            return refused(
                node,
                inputs,
                report,
                "reshape-element-count",
                f"{node.label} cuts axis {axis} of {spell(shape)} into {spell(sizes)}, which does not come out even",
                at=node.place("sizes"),
                remedy="choose extents whose product is that of the axis",
            )
    parts = tuple(quotient(whole, given) if size == -1 else size for size in sizes)
    return moved(node, inputs, (*shape[:axis], *parts, *shape[axis + 1 :]))


def selected(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """One element of axis `dim`, which goes away (torch.select)."""
    found = _named(node, inputs, report)
    if found is None:
        return undetermined(node)
    shape, axis = found
    index, extent = node.get("index", 0), shape[axis]
    if isinstance(index, int) and isinstance(extent, int) and not -extent <= index < extent:
        return refused(
            node,
            inputs,
            report,
            "index-out-of-range",
            f"{node.label} takes index {index} of axis {axis}, but {called(node, 0)} {spell(shape)} has only {extent} "
            "there",
            at=node.place("index"),
            remedy=f"use an index from {-extent} to {extent - 1}",
        )
    return Outcome(((*shape[:axis], *shape[axis + 1 :]),) * len(node.outputs))


def unbound(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """An output for each element of axis `dim`, which goes away (torch.unbind)."""
    found = _named(node, inputs, report)
    if found is None:
        return undetermined(node)
    shape, axis = found
    return Outcome(((*shape[:axis], *shape[axis + 1 :]),) * len(node.outputs))


def stacked(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Inputs of one shape along a new axis (torch.stack)."""
    shape = _first(node, inputs)
    if shape is None:
        return undetermined(node)
    for slot, other in enumerate(inputs):
        if isinstance(other, tuple) and (len(other) != len(shape) or any(map(differ, shape, other))):
            return refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} stacks {called(node, 0)} {spell(shape)} and {called(node, slot)} {spell(other)}, which "
                "differ",
                slots=(0, slot),
                remedy="give all of them one shape",
            )
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape) + 1)
    if axis is None:
        return undetermined(node)
    return Outcome(((*shape[:axis], len(inputs), *shape[axis:]),) * len(node.outputs))


def stretched(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axes of extent 1 get the extent in `size`; -1 keeps one (torch.expand)."""
    shape, size = _first(node, inputs), listed(node, inputs, "size")
    if shape is None or not isinstance(size, tuple) or len(size) > MOST_AXES or len(size) < len(shape):
        return undetermined(node)
    new = len(size) - len(shape)
    wanted = tuple(shape[slot - new] if dim == -1 and slot >= new else dim for slot, dim in enumerate(size))
    for own, dim in zip(shape, wanted[new:], strict=True):
        if isinstance(own, int) and isinstance(dim, int) and own not in (1, dim):
            return too_long(node, inputs, report, wanted, node.place("size"))
    return Outcome((wanted,) * len(node.outputs))


def stretched_like(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The second input's shape (torch.Tensor.expand_as, reshape_as, view_as)."""
    return Outcome((inputs[1] if len(inputs) > 1 else UNKNOWN,) * len(node.outputs))


def repeated(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Each axis as often as the list says, counted from the last one; further ones are new (torch.Tensor.repeat;
    torch.tile, which may name fewer)."""
    shape, times_ = _first(node, inputs), listed(node, inputs, "repeats" if "repeats" in node.attrs else "dims")
    if shape is None or not isinstance(times_, tuple) or max(len(times_), len(shape)) > MOST_AXES:
        return undetermined(node)
    rank = max(len(times_), len(shape))
    wide = (1,) * (rank - len(shape)) + shape
    often = (1,) * (rank - len(times_)) + times_
    return Outcome((tuple(map(times, wide, often)),) * len(node.outputs))


def interleaved(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Each element of axis `dim` so many times in a row (torch.repeat_interleave with a number)."""
    shape, often = _first(node, inputs), node.get("repeats", UNKNOWN)
    if shape is None or not isinstance(often, int):
        return undetermined(node)
    if "dim" not in node.attrs:
        return Outcome(((times(product(shape), often),),) * len(node.outputs))
    axis = axis_within(node, inputs, report, integer(node, "dim", 0), len(shape))
    if axis is None:
        return undetermined(node)
    return Outcome(((*shape[:axis], times(shape[axis], often), *shape[axis + 1 :]),) * len(node.outputs))


def split(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Parts of `size` (the last one may be smaller), or `chunks` of them, or `sections` that differ by one at most, or
    cut before `indices` (torch.split, chunk, tensor_split)."""
    shape, count = _first(node, inputs), len(node.outputs)
    if shape is None:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "axis", 0), len(shape))
    if axis is None:
        return undetermined(node)
    sizes = _sizes(node, inputs, shape[axis], count)
    if len(sizes) != count:
        sizes = (UNKNOWN,) * count
    return Outcome(tuple([(*shape[:axis], size, *shape[axis + 1 :]) for size in sizes]))


def _sizes(node: Node, inputs: Arrived, extent: Dim, count: int) -> tuple[Dim, ...]:
    attrs = node.attrs
    if "indices" in attrs:
        cuts = listed(node, inputs, "indices")
        if not isinstance(cuts, tuple) or not isinstance(extent, int):
            return ()
        places = [min(max(cut + extent if cut < 0 else cut, 0), extent) for cut in cuts if isinstance(cut, int)]
        if len(places) != len(cuts):
            return ()
        return tuple(max(end - start, 0) for start, end in zip([0, *places], [*places, extent], strict=True))
    if "sections" in attrs:
        sections = integer(node, "sections", 0)
        if not isinstance(sections, int) or not isinstance(extent, int) or not 0 < sections == count:
            return ()
        return tuple(extent // sections + (index < extent % sections) for index in range(sections))
    size: Dim = integer(node, "size", 0)
    if "chunks" in attrs:
        chunks = integer(node, "chunks", 0)
        if not isinstance(chunks, int) or chunks < 1:
            return ()
        size = quotient(plus(extent, chunks - 1), chunks) if isinstance(extent, int) else UNKNOWN
        if not isinstance(extent, int):
            return (quotient(extent, chunks),) * count if times(quotient(extent, chunks), chunks) == extent else ()
    if not isinstance(size, int) or size < 1:
        return ()
    return (*(size,) * (count - 1), minus(extent, size * (count - 1)))


def windows(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Windows of `size` elements along `dimension`, every `step` of them; their elements are a new last axis
    (torch.Tensor.unfold)."""
    shape, size, step = _first(node, inputs), integer(node, "size", 0), integer(node, "step", 0)
    if shape is None or not isinstance(step, int) or step < 1:
        return undetermined(node)
    axis = axis_within(node, inputs, report, integer(node, "dimension", 0), len(shape))
    if axis is None:
        return undetermined(node)
    extent = shape[axis]
    count = (extent - size) // step + 1 if isinstance(extent, int) and isinstance(size, int) else UNKNOWN
    return Outcome(((*shape[:axis], count, *shape[axis + 1 :], size),) * len(node.outputs))


def diagonal(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Axes `dim1` and `dim2` go away; their diagonal is a new last axis (torch.diagonal)."""
    shape, offset = _first(node, inputs), integer(node, "offset", 0)
    if shape is None or not isinstance(offset, int):
        return undetermined(node)
    one = axis_within(node, inputs, report, integer(node, "dim1", 0), len(shape))
    other = axis_within(node, inputs, report, integer(node, "dim2", 1), len(shape))
    if one is None or other is None or one == other:
        return undetermined(node)
    rows, columns = minus(shape[one], max(-offset, 0)), minus(shape[other], max(offset, 0))
    long = max(min(rows, columns), 0) if isinstance(rows, int) and isinstance(columns, int) else UNKNOWN
    rest = tuple(dim for axis, dim in enumerate(shape) if axis not in (one, other))
    return Outcome(((*rest, long),) * len(node.outputs))


def columns(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, C, d...) -> (N, C x kernel, positions)` (torch.nn.Unfold)."""
    shape = _first(node, inputs)
    sides = [listed(node, inputs, name) for name in ("kernel_size", "dilation", "padding", "stride")]
    if shape is None or len(shape) != 4 or not all(isinstance(side, tuple) and len(side) == 2 for side in sides):
        return undetermined(node)
    kernel, dilation, padding, stride = (
        [dim for dim in side if isinstance(dim, int)] for side in sides if isinstance(side, tuple)
    )
    if min(map(len, (kernel, dilation, padding, stride))) < 2 or min(stride) < 1:
        return undetermined(node)
    count: Dim = 1
    for axis in range(2):
        size = shape[2 + axis]
        if not isinstance(size, int):
            return Outcome(((shape[0], times(shape[1], kernel[0] * kernel[1]), UNKNOWN),))
        reach = dilation[axis] * (kernel[axis] - 1) + 1
        count = times(count, (size + 2 * padding[axis] - reach) // stride[axis] + 1)
    return Outcome(((shape[0], times(shape[1], kernel[0] * kernel[1]), count),))


def image(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, C x kernel, positions) -> (N, C, output_size...)` (torch.nn.Fold)."""
    shape, size, kernel = _first(node, inputs), listed(node, inputs, "output_size"), listed(node, inputs, "kernel_size")
    if shape is None or len(shape) != 3 or not isinstance(size, tuple) or not isinstance(kernel, tuple):
        return undetermined(node)
    cells = product(kernel)
    channels = quotient(shape[1], cells) if isinstance(cells, int) and cells > 0 else UNKNOWN
    return Outcome(((shape[0], channels, *size),) * len(node.outputs))


def indexed(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Indices that broadcast with each other stand where the indexed axes stood, or in front where those are apart
    (numpy's advanced indexing)."""
    shape, axes = _first(node, inputs), listed(node, inputs, "axes")
    if shape is None or not isinstance(axes, tuple) or len(axes) != len(inputs) - 1 or not axes:
        return undetermined(node)
    picks: Shape = ()
    for slot in range(1, len(inputs)):
        index = inputs[slot]
        if isinstance(index, Unknown) or isinstance(picks, Unknown) or node.inputs[slot].value.dtype not in _WHOLE:
            return undetermined(node)
        picks = wider(picks, index) or (picks if picks == index else UNKNOWN)
    named = [axis for axis in axes if isinstance(axis, int)]
    if isinstance(picks, Unknown) or max(named) >= len(shape) or len(named) + len(picks) + len(shape) > MOST_AXES:
        return undetermined(node)
    rest = tuple(dim for axis, dim in enumerate(shape) if axis not in named)
    together = named == list(range(named[0], named[0] + len(named)))
    start = named[0] if together else 0
    return Outcome(((*rest[:start], *picks, *rest[start:]),) * len(node.outputs))


_WHOLE = frozenset(("int64", "int32", "int16", "int8"))


def classes_apart(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A new last axis of `num_classes` (torch.nn.functional.one_hot)."""
    shape, classes = _first(node, inputs), integer(node, "num_classes", -1)
    if shape is None:
        return undetermined(node)
    return Outcome(((*shape, UNKNOWN if classes == -1 else classes),) * len(node.outputs))


def together(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Every input stretched to the shape that all of them broadcast to (torch.broadcast_tensors)."""
    shape = joined(node, inputs, report) if len(inputs) > 1 else inputs[0] if inputs else UNKNOWN
    return undetermined(node) if shape is None else Outcome((shape,) * len(node.outputs))


def grid(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Vectors laid out along an axis each (torch.meshgrid); `xy` swaps the first two."""
    extents: list[Dim] = []
    for shape in inputs:
        if isinstance(shape, Unknown) or len(shape) > 1:
            return undetermined(node)
        extents.append(shape[0] if shape else 1)
    if node.get("indexing", "ij") == "xy" and len(extents) > 1:
        extents[:2] = extents[1], extents[0]
    return Outcome((tuple(extents) if len(extents) <= MOST_AXES else UNKNOWN,) * len(node.outputs))


def outer(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(n,), (m,) -> (n, m)` (torch.outer)."""
    if len(inputs) != 2 or not isinstance(inputs[0], tuple) or not isinstance(inputs[1], tuple):
        return undetermined(node)
    if len(inputs[0]) != 1 or len(inputs[1]) != 1:
        return undetermined(node)
    return Outcome(((inputs[0][0], inputs[1][0]),) * len(node.outputs))


def _moves(name: str, infer: object) -> Operator:
    return Operator(f"aten::{name}", infer, kind="layout", transparent=True, linear=True)  # type: ignore[arg-type]


OPERATORS = (
    _moves("flatten", merged),
    _moves("unflatten", parted_axis),
    _moves("select", selected),
    _moves("unbind", unbound),
    _moves("split", split),
    _moves("expand", stretched),
    _moves("reshape_as", stretched_like),
    _moves("expand_as", stretched_like),
    _moves("repeat", repeated),
    _moves("tile", repeated),
    _moves("repeat_interleave", interleaved),
    _moves("unfold", windows),
    _moves("diagonal", diagonal),
    _moves("roll", same),
    _moves("flip", same),
    _moves("fliplr", same),
    _moves("flipud", same),
    _moves("channel_shuffle", same),
    _moves("native_channel_shuffle", same),
    _moves("im2col", columns),
    _moves("index", indexed),
    Operator("aten::stack", stacked, kind="merge", transparent=True, linear=True),
    Operator("aten::col2im", image, kind="layout", linear=True),
    Operator("aten::one_hot", classes_apart, differentiable=False),
    Operator("aten::broadcast_tensors", together, kind="layout", transparent=True, linear=True),
    Operator("aten::meshgrid", grid, kind="layout", transparent=True, linear=True),
    Operator("aten::outer", outer, kind="merge"),
)
