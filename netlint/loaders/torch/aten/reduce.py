"""Reductions, sorting, pooling, resampling, and tensors made of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.torch.arguments import Call
from netlint.loaders.torch.aten.made import Made, Translation, attrs, kept, rank_of, spelled, whole
from netlint.model import Attr, Dim


def _reduced(op: str) -> Translation:
    def translate(call: Call) -> Made | None:
        found = _axes(call)
        return None if found is None else Made(op, (call.value("self"),), found)

    return translate


def _axes(call: Call) -> dict[str, Attr] | None:
    """`dim` (none or an empty list: all) and `keepdim`."""
    word = "dim" if "dim" in call.args else "axis"
    given = call.args.get(word)
    keep = attrs(keepdims=int(call.flag("keepdim")))
    if given is None or given == ():
        return keep
    axes = whole(call.dims(word))
    # A scalar counts as a vector, whose axis is then gone.
    if axes is None or rank_of(call.value("self")) == 0:
        return None
    return {**spelled("axes", axes, "dim"), **keep}


def _pairwise_or_reduced(reduced: str, joined: str) -> Translation:
    def translate(call: Call) -> Made | None:
        if "other" in call.args:
            return Made(joined, (call.value("self"), call.value("other")))
        return _reduced(reduced)(call)

    return translate


def _norm(call: Call) -> Made | None:
    order = call.number("ord" if "ord" in call.args else "p")
    op = "ReduceL2" if order in (2, None) else "ReduceL1" if order == 1 else "aten::norm"
    return _reduced(op)(call)


def _arg(op: str) -> Translation:
    def translate(call: Call) -> Made | None:
        if call.args.get("dim") is None or rank_of(call.value("self")) == 0:
            return Made("aten::argmax", (call.value("self"),), attrs(keepdims=int(call.flag("keepdim"))))
        found = {**spelled("axis", call.axis("dim"), "dim"), **attrs(keepdims=int(call.flag("keepdim")))}
        return Made(op, (call.value("self"),), found)

    return translate


def _topk(call: Call) -> Made:
    return Made("TopK", (call.value("self"),), {**attrs(k=call.dim("k")), **spelled("axis", call.axis("dim"), "dim")})


def _running(op: str) -> Translation:
    def translate(call: Call) -> Made | None:
        if rank_of(call.value("self")) == 0:
            return None
        return Made(op, (call.value("self"),), spelled("axis", call.axis("dim"), "dim"))

    return translate


def _pool(op: str, spatial: int) -> Translation:
    def translate(call: Call) -> Made | None:
        data = call.value("self")
        kernel = call.dims("kernel_size", spatial)
        # Without a stride windows stand side by side.
        strides = call.dims("stride", spatial) or kernel
        padding, dilations = call.dims("padding", spatial), call.dims("dilation", spatial)
        if kernel is None or strides is None or padding is None or rank_of(data) != spatial + 2:
            return None
        found = spelled("kernel_shape", kernel, "kernel_size")
        found.update(spelled("strides", strides, "stride"))
        found.update(spelled("pads", padding * 2, "padding"))
        found.update(attrs(ceil_mode=int(call.flag("ceil_mode"))))
        if op == "MaxPool":
            found.update(spelled("dilations", dilations or (1,) * spatial, "dilation"))
        else:
            found.update(attrs(count_include_pad=int(call.flag("count_include_pad"))))
        return Made(op, (data,), found)

    return translate


def _adaptive(kind: str, spatial: int) -> Translation:
    def translate(call: Call) -> Made | None:
        data = call.value("self")
        if rank_of(data) != spatial + 2:
            return Made("aten::adaptive_pool", (data,), attrs(output_size=call.dims("output_size"), spatial=spatial))
        sizes = call.dims("output_size", spatial)
        if sizes == (1,) * spatial:
            return Made("GlobalAveragePool" if kind == "avg" else "GlobalMaxPool", (data,))
        return Made("aten::adaptive_pool", (data,), attrs(output_size=sizes, spatial=spatial))

    return translate


def _resize(mode: str, spatial: int) -> Translation:
    def translate(call: Call) -> Made | None:
        data = call.value("self", "input")
        sizes = call.dims("output_size", spatial)
        factors = call.args.get("scale_factors")
        found = {**attrs(mode=mode, axes=tuple(range(2, 2 + spatial)))}
        if sizes is not None:
            found.update(spelled("sizes", sizes, "size"))
        elif isinstance(factors, tuple) and all(isinstance(one, int | float) for one in factors):
            scales = tuple(float(one) for one in factors if isinstance(one, int | float))
            found.update(spelled("scales", scales * (spatial if len(scales) == 1 else 1), "scale_factor"))
        else:
            return None
        if call.flag("align_corners"):
            found.update(spelled("coordinate_transformation_mode", "align_corners", "align_corners"))
        return Made("Resize", (data,), found)

    return translate


def _filled(call: Call) -> Made | None:
    word = next((one for one in ("size", "sizes") if one in call.args), "")
    sizes: tuple[Dim, ...] | None = call.dims(word) if word else ()
    if call.name in ("eye", "randperm", "hann_window", "hamming_window"):
        n = call.dim("n" if "n" in call.args else "window_length")
        sizes = (n, call.dim("m") if "m" in call.args else n) if call.name == "eye" else (n,)
    if call.name in ("linspace", "logspace"):
        sizes = (call.dim("steps"),)
    if sizes is None:
        return None
    value = {"zeros": 0.0, "ones": 1.0, "new_zeros": 0.0, "new_ones": 1.0}.get(call.name)
    if call.name in ("full", "new_full"):
        value = call.number("fill_value")
    if call.name == "scalar_tensor":
        value = call.number("s")
    return Made("aten::filled", (), attrs(size=sizes, value=value))


def _arange(call: Call) -> Made:
    start, end, step = (call.args.get(name, default) for name, default in (("start", 0), ("end", 0), ("step", 1)))
    call.args.update(start=start, end=end, step=step)
    return Made("Range", tuple(call.operand(name) for name in ("start", "end", "step")))


def _grid(call: Call) -> Made | None:
    if rank_of(call.value("input")) not in (4, 5):
        return None
    return Made("GridSample", (call.value("input"), call.value("grid")))


_FILLED: Final = (
    "zeros", "ones", "full", "empty", "rand", "randn", "randint", "new_zeros", "new_ones", "new_full", "new_empty",
    "scalar_tensor", "eye", "linspace", "logspace", "randperm", "empty_strided", "empty_permuted", "hann_window",
    "hamming_window", "new_empty_strided",
)  # fmt: skip

_UPSAMPLE: Final = {
    "nearest": (1, 2, 3), "_nearest_exact": (1, 2, 3), "linear": (1,), "bilinear": (2,), "bicubic": (2,),
    "trilinear": (3,),
}  # fmt: skip
_MODES: Final = {"nearest": "nearest", "_nearest_exact": "nearest", "bicubic": "cubic"}


def _upsamplings() -> dict[str, Translation]:
    found: dict[str, Translation] = {}
    for kind, ranks in _UPSAMPLE.items():
        for rank in ranks:
            translate = _resize(_MODES.get(kind, "linear"), rank)
            prefix = "_upsample" if kind.startswith("_") else "upsample"
            found[f"{prefix}_{kind.lstrip('_')}{rank}d"] = translate
            found[f"_upsample_{kind.lstrip('_')}{rank}d_aa"] = translate
    return found


TRANSLATIONS: Final[Mapping[str, Translation]] = {
    "mean": _reduced("ReduceMean"),
    "sum": _reduced("ReduceSum"),
    "prod": _reduced("ReduceProd"),
    "amax": _reduced("ReduceMax"),
    "amin": _reduced("ReduceMin"),
    "max": _pairwise_or_reduced("ReduceMax", "Max"),
    "min": _pairwise_or_reduced("ReduceMin", "Min"),
    "logsumexp": _reduced("ReduceLogSumExp"),
    **{name: _reduced(f"aten::{name}") for name in ("var", "std", "any", "all", "nansum", "nanmean", "median")},
    "var_mean": _reduced("aten::var"),
    "std_mean": _reduced("aten::std"),
    "norm": _norm,
    "linalg_vector_norm": _norm,
    "argmax": _arg("ArgMax"),
    "argmin": _arg("ArgMin"),
    "topk": _topk,
    "sort": kept("aten::sort"),
    "argsort": kept("aten::argsort"),
    "cumsum": _running("CumSum"),
    **{f"max_pool{rank}d": _pool("MaxPool", rank) for rank in (1, 2, 3)},
    **{f"max_pool{rank}d_with_indices": _pool("MaxPool", rank) for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": _pool("AveragePool", rank) for rank in (1, 2, 3)},
    **{f"adaptive_avg_pool{rank}d": _adaptive("avg", rank) for rank in (1, 2, 3)},
    **{f"_adaptive_avg_pool{rank}d": _adaptive("avg", rank) for rank in (1, 2, 3)},
    **{f"adaptive_max_pool{rank}d": _adaptive("max", rank) for rank in (1, 2, 3)},
    **_upsamplings(),
    **dict.fromkeys(_FILLED, _filled),
    "arange": _arange,
    **dict.fromkeys(("grid_sampler", "grid_sampler_2d", "grid_sampler_3d"), _grid),
    "glu": kept("aten::glu"),
    "cosine_similarity": kept("aten::cosine_similarity", "x1", "x2"),
    "pairwise_distance": kept("aten::pairwise_distance", "x1", "x2"),
    "cdist": kept("aten::cdist", "x1", "x2"),
    "_cdist_forward": kept("aten::cdist", "x1", "x2"),
    "cross": kept("aten::cross", "self", "other"),
}
