"""Pooling and spatial pyramid pooling."""

from typing import Final

from netlint.loaders.caffe.layer import Block, Layer, LayerType, Translation, uneven_pads
from netlint.model import UNKNOWN, Attr, Problem

#: `AVE_EXC_PAD` is a fork's: its means leave the padding out.
_METHODS: Final = {
    "MAX": "MaxPool",
    "AVE": "AveragePool",
    "AVE_EXC_PAD": "AveragePool",
    "STOCHASTIC": "caffe::StochasticPool",
}


def pool(layer: Layer) -> Translation:
    """Windows, or one global window (BVLC/caffe src/caffe/layers/pooling_layer.cpp, LayerSetUp)."""
    block = layer.block("pooling_param")
    method = str(block.get("pool"))
    op = _METHODS.get(method, f"caffe::{method}Pool")
    problems: list[Problem] = []
    if block.get("global_pooling") is True:
        _global_excludes(layer, block, problems)
        return Translation(f"Global{op}" if op in ("MaxPool", "AveragePool") else op, problems=problems)
    kernel = _pair(layer, block, "kernel_size", ("kernel_h", "kernel_w"), problems)
    stride = _pair(layer, block, "stride", ("stride_h", "stride_w"), problems)
    pad = _pair(layer, block, "pad", ("pad_h", "pad_w"), problems)
    if kernel.span is None or 0 in _values(kernel):
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} has {'no kernel_size' if kernel.span is None else 'a kernel_size of 0'}",
                kernel if kernel.span else block.name_span or layer.span,
                remedy="set `kernel_size`, or pool everything with `global_pooling: true`",
            )
        )
    if 0 in _values(stride):
        problems.append(
            Problem("invalid-geometry", f"{layer.label} has a stride of 0", stride, remedy="use a stride of at least 1")
        )
    for extent, padding in zip(_values(kernel), _values(pad), strict=True):
        if padding >= extent > 0:
            problems.append(
                Problem(
                    "padding-exceeds-kernel",
                    f"{layer.label} pads {padding} pixels around a window of {extent}: whole windows would lie in the "
                    "padding, and Caffe refuses it",
                    pad,
                    remedy=f"pad less than {extent}",
                    severity="error",
                )
            )
            break
    word, ceil = "round_mode", block.get("round_mode") != "FLOOR"
    if layer.forks and block.has("ceil_mode"):
        # What forks wrote before BVLC had `round_mode`.
        word, ceil = "ceil_mode", block.get("ceil_mode") is not False
    pads = Attr("pads", (*_values(pad), *_values(pad)), pad.span, pad.word)
    attrs = {
        "kernel_shape": Attr("kernel_shape", tuple(v or UNKNOWN for v in _values(kernel)), kernel.span, kernel.word),
        "strides": Attr("strides", stride.value, stride.span, stride.word),
        "pads": uneven_pads(layer, block) or pads,
        "ceil_mode": block.attr("ceil_mode", word, int(ceil)),
    }
    return Translation(op, attrs, problems=problems)


def _values(attr: Attr) -> tuple[int, int]:
    """Height and width of a geometry that `_pair` made."""
    numbers = [item for item in attr.value if isinstance(item, int)] if isinstance(attr.value, tuple) else []
    return numbers[0], numbers[1]


def _pair(layer: Layer, block: Block, name: str, pair: tuple[str, str], problems: list[Problem]) -> Attr:
    high, wide = block.field(pair[0]), block.field(pair[1])
    if high is None and wide is None:
        return block.attr(name, name, (block.number(name),) * 2)
    given = block.field(name)
    if given is not None:
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} gives both `{name}` and `{pair[0]}`/`{pair[1]}`: Caffe refuses the ambiguity",
                block.span(given),
                remedy=f"keep either `{name}` or the pair",
            )
        )
    elif high is None or wide is None:
        present, absent = (pair[0], pair[1]) if high is not None else (pair[1], pair[0])
        found = high or wide
        problems.append(
            Problem(
                "invalid-geometry",
                f"{layer.label} gives `{present}` without `{absent}`: Caffe wants both",
                block.span(found) if found else layer.span,
                remedy=f"add `{absent}`, or use `{name}`",
            )
        )
    return block.attr(name, pair[0] if high is not None else pair[1], (block.number(pair[0]), block.number(pair[1])))


def _global_excludes(layer: Layer, block: Block, problems: list[Problem]) -> None:
    neutral = {"pad": 0, "pad_h": 0, "pad_w": 0, "stride": 1, "stride_h": 1, "stride_w": 1}
    for name in ("kernel_size", "kernel_h", "kernel_w", *neutral):
        found = block.field(name)
        if found is not None and (name not in neutral or found.value != neutral[name]):
            problems.append(
                Problem(
                    "invalid-geometry",
                    f"{layer.label} pools globally, so its window is the whole map: Caffe refuses a `{name}` beside it",
                    block.span(found),
                    remedy=f"remove `{name}`, or `global_pooling`",
                )
            )
            return


def pyramid(layer: Layer) -> Translation:
    """Spatial pyramid pooling."""
    block = layer.block("spp_param")
    return Translation("caffe::SPP", {"pyramid_height": block.attr("pyramid_height", "pyramid_height")})


TYPES = {
    "Pooling": LayerType(pool, ("pooling_param",), tops=(1, 2)),
    "SPP": LayerType(pyramid, ("spp_param",)),
}
