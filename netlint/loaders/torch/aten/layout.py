"""Operators that move, regroup, repeat or pick elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.torch.arguments import Call
from netlint.loaders.torch.aten.made import END, Made, Translation, attrs, kept, rank_of, shape_of, spelled, whole
from netlint.model import Value

_INTEGERS: Final = frozenset(("int64", "int32", "int16", "int8", "uint8"))


def _reshape(call: Call) -> Made | None:
    sizes = call.dims("size" if "size" in call.args else "shape")
    # With another overload a view is of another type.
    if sizes is None or isinstance(call.args.get("dtype"), str):
        return None
    word = "size" if "size" in call.args else "shape"
    return Made("Reshape", (call.value("self"),), {**spelled("shape", sizes, word), **attrs(allowzero=1)})


def _like(call: Call) -> Made:
    return Made("aten::reshape_as", (call.value("self"), call.value("other")))


def _flatten(call: Call) -> Made:
    data = call.value("self")
    start, end, rank = call.axis("start_dim"), call.axis("end_dim"), rank_of(call.value("self"))
    found = {**spelled("axis", start, "start_dim"), **spelled("end_axis", end, "end_dim")}
    if start == 1 and rank > 1 and end in (-1, rank - 1):
        return Made("Flatten", (data,), spelled("axis", 1, "start_dim"))
    return Made("aten::flatten", (data,), found)


def _transpose(call: Call) -> Made | None:
    data = call.value("self")
    rank = rank_of(data)
    first = call.axis("dim0" if "dim0" in call.args else "axis0", rank)
    second = call.axis("dim1" if "dim1" in call.args else "axis1", rank)
    if rank < 0 or first is None or second is None:
        return None
    order = list(range(rank))
    if rank:
        order[first], order[second] = order[second], order[first]
    return Made("Transpose", (data,), attrs(perm=tuple(order)))


def _turned(call: Call) -> Made | None:
    """`t`, `mT`, `T`: matrices."""
    data = call.value("self")
    rank = rank_of(data)
    if rank < 0:
        return None
    order = list(range(rank))
    if rank > 1:
        order[-1], order[-2] = order[-2], order[-1]
    return Made("Transpose", (data,), attrs(perm=tuple(order)))


def _permute(call: Call) -> Made | None:
    data, dims = call.value("self"), whole(call.dims("dims"))
    if dims is None:
        return None
    rank = len(dims)
    order = tuple(dim % rank if -rank <= dim < rank else dim for dim in dims)
    return Made("Transpose", (data,), spelled("perm", order, "dims"))


def _move(call: Call) -> Made | None:
    data = call.value("self")
    rank = rank_of(data)
    source, target = whole(call.dims("source")), whole(call.dims("destination"))
    if rank < 1 or source is None or target is None or len(source) != len(target):
        return None
    if any(not -rank <= axis < rank for axis in (*source, *target)):
        return None
    moves = {to % rank: axis % rank for axis, to in zip(source, target, strict=True)}
    rest = iter(axis for axis in range(rank) if axis not in moves.values())
    order = tuple(moves[axis] if axis in moves else next(rest) for axis in range(rank))
    return Made("Transpose", (data,), attrs(perm=order))


def _squeeze(call: Call) -> Made | None:
    """Only axes of extent 1 go away; others that are named stay (torch.squeeze)."""
    data, shape = call.value("self"), shape_of(call.value("self"))
    if not isinstance(shape, tuple):
        return None
    named = whole(call.dims("dim")) if call.args.get("dim") is not None else tuple(range(len(shape)))
    if named is None or any(not -len(shape) <= axis < len(shape) for axis in named):
        return Made("Identity", (data,)) if not shape else None
    gone = tuple(sorted({axis % len(shape) for axis in named if shape[axis] == 1}))
    return Made("Squeeze", (data,), spelled("axes", gone, "dim")) if gone else Made("Identity", (data,))


def _unsqueeze(call: Call) -> Made | None:
    axis = call.axis("dim")
    return None if axis is None else Made("Unsqueeze", (call.value("self"),), spelled("axes", (axis,), "dim"))


def _slice(call: Call) -> Made | None:
    axis = call.axis("dim")
    start = 0 if call.args.get("start") is None else call.dim("start")
    end = END if call.args.get("end") is None else call.dim("end")
    if axis is None:
        return None
    if (start, end, call.dim("step", 1)) == (0, END, 1):
        return Made("Identity", (call.value("self"),))
    found = {
        **spelled("starts", (start,), "start"), **spelled("ends", (end,), "end"),
        **spelled("axes", (axis,), "dim"), **spelled("steps", (call.dim("step", 1),), "step"),
    }  # fmt: skip
    return Made("Slice", (call.value("self"),), found)


def _narrow(call: Call) -> Made | None:
    axis, start, length = call.axis("dim"), call.dim("start"), call.dim("length")
    if axis is None or not isinstance(start, int) or not isinstance(length, int):
        return None
    # Counted from the end it may reach it.
    end = start + length if start + length != 0 or start >= 0 else END
    return Made("Slice", (call.value("self"),), attrs(starts=(start,), ends=(end,), axes=(axis,)))


def _cat(call: Call) -> Made | None:
    # Empty vectors are left out, whatever the others are (aten/src/ATen/native/TensorShape.cpp, cat).
    tensors = tuple(one for one in call.values("tensors") if one is not None and one.shape != (0,))
    axis = call.axis("dim" if "dim" in call.args else "axis")
    return Made("Concat", tensors, spelled("axis", axis, "dim")) if tensors and axis is not None else None


def _stack(call: Call) -> Made:
    return Made("aten::stack", call.values("tensors"), spelled("axis", call.axis("dim"), "dim"))


def _split(call: Call) -> Made | None:
    axis = call.axis("dim")
    sizes = call.args.get("split_sizes" if "split_sizes" in call.args else "split_size")
    if axis is None:
        return None
    data = call.value("self")
    if isinstance(sizes, tuple):
        given = call.dims("split_sizes" if "split_sizes" in call.args else "split_size")
        return Made("Split", (data,), {**spelled("split", given, "split_sizes"), **spelled("axis", axis, "dim")})
    return Made("aten::split", (data,), {**attrs(size=call.dim("split_size")), **spelled("axis", axis, "dim")})


def _parts(call: Call) -> Made | None:
    """`chunk` rounds the size of its parts up; `tensor_split` spreads what is left over the first ones."""
    axis = call.axis("dim")
    if axis is None:
        return None
    found = spelled("axis", axis, "dim")
    if call.name == "chunk":
        found.update(attrs(chunks=call.dim("chunks")))
    elif "sections" in call.args:
        found.update(attrs(sections=call.dim("sections")))
    else:
        indices = call.dims("indices")
        if indices is None:
            return None
        found.update(attrs(indices=indices))
    return Made("aten::split", (call.value("self"),), found)


def _pad(call: Call) -> Made | None:
    """Pairs from the last axis on become all begins, then all ends."""
    pads = call.dims("pad" if "pad" in call.args else "padding")
    data = call.value("self")
    if pads is None or len(pads) % 2 or (call.name == "pad" and call.word("mode") not in _PADDING):
        return None
    if len(pads) // 2 > max(rank_of(data), 0):
        return None
    mode = _PADDING.get(call.word("mode") or call.name.partition("_")[0], "constant")
    axes = tuple(-1 - index for index in range(len(pads) // 2))
    found = {**spelled("pads", pads[0::2] + pads[1::2], "pad"), **attrs(axes=axes, mode=mode)}
    if mode == "constant":
        found.update(attrs(value=call.number("value") or 0.0))
    return Made("Pad", (data,), found)


_PADDING: Final = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap",
                   "reflection": "reflect", "replication": "edge"}  # fmt: skip


def _index(call: Call) -> Made:
    data, indices = call.value("self"), call.values("indices")
    named = [(axis, one) for axis, one in enumerate(indices) if one is not None]
    if len(named) == 1 and named[0][1].dtype in _INTEGERS - {"uint8"}:
        return Made("Gather", (data, named[0][1]), attrs(axis=named[0][0]))
    axes = tuple(axis for axis, _ in named)
    return Made("aten::index", (data, *(one for _, one in named)), attrs(axes=axes))


def _picked(op: str) -> Translation:
    def translate(call: Call) -> Made:
        inputs: tuple[Value | None, ...] = (call.value("self"), call.value("index"))
        if op == "ScatterElements" and call.value("src") is None:
            return Made("aten::scatter_value", inputs, call.plain())
        if op == "ScatterElements":
            inputs = (*inputs, call.value("src"))
        return Made(op, inputs, spelled("axis", call.axis("dim"), "dim"))

    return translate


def _pixels(op: str) -> Translation:
    def translate(call: Call) -> Made | None:
        factor = call.dim("upscale_factor" if "upscale_factor" in call.args else "downscale_factor")
        if rank_of(call.value("self")) != 4:
            return None
        found = attrs(blocksize=factor)
        return Made(op, (call.value("self"),), {**found, **attrs(mode="CRD")} if op == "DepthToSpace" else found)

    return translate


def _triangle(upper: int) -> Translation:
    def translate(call: Call) -> Made:
        return Made("Trilu", (call.value("self"), call.operand("diagonal")), attrs(upper=upper))

    return translate


TRANSLATIONS: Final[Mapping[str, Translation]] = {
    **dict.fromkeys(("view", "reshape", "_unsafe_view", "_reshape_copy", "view_copy", "_reshape_alias"), _reshape),
    **dict.fromkeys(("view_as", "reshape_as"), _like),
    "expand_as": kept("aten::expand_as", "self", "other"),
    "flatten": _flatten,
    "unflatten": kept("aten::unflatten"),
    **dict.fromkeys(("transpose", "swapaxes", "swapdims", "transpose_copy"), _transpose),
    **dict.fromkeys(("t", "mT", "numpy_T", "mH", "adjoint"), _turned),
    "permute": _permute,
    "permute_copy": _permute,
    **dict.fromkeys(("movedim", "moveaxis"), _move),
    **dict.fromkeys(("squeeze", "squeeze_copy"), _squeeze),
    **dict.fromkeys(("unsqueeze", "unsqueeze_copy"), _unsqueeze),
    **dict.fromkeys(("slice", "slice_copy"), _slice),
    "narrow": _narrow,
    **dict.fromkeys(("cat", "concat", "concatenate"), _cat),
    "stack": _stack,
    **dict.fromkeys(("split", "split_with_sizes", "split_copy", "split_with_sizes_copy", "unsafe_split"), _split),
    **dict.fromkeys(("chunk", "unsafe_chunk", "tensor_split"), _parts),
    "unbind": kept("aten::unbind"),
    "select": kept("aten::select"),
    "select_copy": kept("aten::select"),
    "expand": kept("aten::expand"),
    "broadcast_to": kept("aten::expand"),
    "repeat": kept("aten::repeat"),
    "tile": kept("aten::tile"),
    "repeat_interleave": kept("aten::repeat_interleave"),
    "unfold": kept("aten::unfold"),
    "diagonal": kept("aten::diagonal"),
    "im2col": kept("aten::im2col"),
    "col2im": kept("aten::col2im"),
    "as_strided": kept("aten::as_strided"),
    **dict.fromkeys(("pad", "constant_pad_nd"), _pad),
    **dict.fromkeys((f"{kind}_pad{rank}d" for kind in ("reflection", "replication") for rank in (1, 2, 3)), _pad),
    **dict.fromkeys(("index", "_unsafe_index"), _index),
    "index_select": _picked("Gather"),
    "gather": _picked("GatherElements"),
    "scatter": _picked("ScatterElements"),
    "take_along_dim": kept("aten::take_along_dim", "self", "indices"),
    "pixel_shuffle": _pixels("DepthToSpace"),
    "pixel_unshuffle": _pixels("SpaceToDepth"),
    "tril": _triangle(0),
    "triu": _triangle(1),
    "one_hot": kept("aten::one_hot"),
    "broadcast_tensors": lambda call: Made("aten::broadcast_tensors", call.values("tensors")),
    "meshgrid": lambda call: Made(
        "aten::meshgrid", call.values("tensors"), attrs(indexing=call.word("indexing") or "ij")
    ),
    "outer": kept("aten::outer", "self", "vec2"),
}
