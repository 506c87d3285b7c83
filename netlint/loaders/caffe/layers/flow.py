"""Layers of the optical-flow forks: FlowNet 2 and LiteFlowNet."""

from collections.abc import Callable
from typing import Final

from netlint.loaders.caffe.layer import Layer, LayerType, Translation
from netlint.model import Attr, Problem


def correlation(layer: Layer) -> Translation:
    """Patches of one map against those around the same place in another one. LiteFlowNet's kinds that look along one
    axis only are another layer type (Correlation1D)."""
    block = layer.block("correlation_param")
    words = {"kernel": "kernel_size", "displacement": "max_displacement", "displacement_stride": "stride_2"}
    attrs = {
        name: block.attr(name, word) for name, word in (*words.items(), ("stride", "stride_1"), ("padding", "pad"))
    }
    problems = [
        _wrong(layer, None, f"has no {name}: Caffe stops here", f"set `{name}` in `correlation_param`")
        for name in ("kernel_size", "max_displacement")
        if not block.has(name)
    ]
    if block.has("kernel_size") and block.number("kernel_size") % 2 == 0:
        problems.append(
            _wrong(
                layer,
                attrs["kernel"],
                f"has a kernel_size of {block.number('kernel_size')}: Caffe wants an odd one, with a middle",
                "use an odd `kernel_size`",
            )
        )
    return Translation("caffe::Correlation", attrs, problems=problems)


def _wrong(layer: Layer, place: Attr | None, what: str, remedy: str) -> Problem:
    return Problem("invalid-geometry", f"{layer.label} {what}", place or layer.span, remedy=remedy)


def _sized(block_name: str, high: str, wide: str) -> Callable[[Layer], Translation]:
    """Resampling to a size, or to that of the second bottom."""

    def translate(layer: Layer) -> Translation:
        if len(layer.bottoms) > 1:
            return Translation("caffe::ResizeLike")
        block = layer.block(block_name)
        sizes = (block.number(high), block.number(wide))
        if min(sizes) < 1:
            problem = _wrong(
                layer,
                None,
                f"has no `{high}` and `{wide}`, nor a second bottom whose size it takes: Caffe stops here",
                f"set both in `{block_name}`, or add a `bottom`",
            )
            return Translation("caffe::Resize", problems=[problem])
        return Translation("Resize", {"sizes": block.attr("sizes", high, sizes)})

    return translate


def _fixed(op: str, **attrs: int | bool) -> Callable[[Layer], Translation]:
    return lambda _layer: Translation(op, {name: Attr(name, value) for name, value in attrs.items()})


_TWO: Final = (2, 2)
_ONE_OR_TWO: Final = (1, 2)

TYPES: Final = {
    "Correlation": LayerType(correlation, ("correlation_param",), _TWO),
    "FlowWarp": LayerType(_fixed("caffe::Warp", same_size=True), ("flow_warp_param",), _TWO),
    "Warp": LayerType(_fixed("caffe::Warp"), (), _TWO),
    "Downsample": LayerType(_sized("downsample_param", "top_height", "top_width"), ("downsample_param",), _ONE_OR_TWO),
    "Resample": LayerType(_sized("resample_param", "height", "width"), ("resample_param",), _ONE_OR_TWO),
    "ChannelNorm": LayerType(_fixed("caffe::ChannelNorm", channels=1)),
    "Grid": LayerType(_fixed("caffe::Grid", channels=2)),
    "NegSquare": LayerType(_fixed("caffe::NegSquare")),
    "ExpMax": LayerType(_fixed("caffe::ExpMax"), ("expmax_param",)),
}
