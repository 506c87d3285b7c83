"""The bilinear filler on a layer that does not interpolate channel by channel."""

from collections.abc import Iterator
from math import ceil
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.edits import set_field
from netlint.facts import Shapes, Trainability

#: Beyond this a number is a slip of another kind, and adding up the weights would take long.
_WIDEST: Final = 4096


#: Operators with blobs that a filler starts.
_FILLED: Final = (
    *("Conv", "ConvTranspose", "Gemm", "Embedding", "LSTM", "RNN"),
    *("PRelu", "caffe::Scale", "caffe::Bias", "caffe::Parameter"),
)


@rule(severity="warning", fixes=("unsafe",), on=_FILLED, needs=(Shapes, Trainability), dialects=("caffe",))
def bilinear_filler_misuse(node: Node, ctx: Context) -> Iterator[Finding]:
    start = next((param.initializer for param in node.params if param.initializer.kind == "bilinear"), None)
    if start is None:
        return
    weight, kernel = node.param("weight"), node.get("kernel_shape", ())
    sides = [side for side in kernel if isinstance(side, int)] if isinstance(kernel, tuple) else []
    # All fillers run when the net is set up, whether or not it is going to learn.
    images = node.op in ("Conv", "ConvTranspose") and all(
        param is weight or param.initializer.kind != "bilinear" for param in node.params
    )
    if not images or len(set(sides)) > 1 or len(sides) > 2:
        yield ctx.finding(
            start,
            f"the bilinear filler of {node.label} needs square kernels of two axes: Caffe stops here",
            remedy="use it on a Deconvolution with a `kernel_size` of one number",
            severity="error",
            node=node,
        )
        return
    if not ctx[Trainability].learns:
        return
    yield from _mixes_channels(node, ctx)
    yield from _odd_kernel(node, sides[0] if sides else 0, ctx)


def _mixes_channels(node: Node, ctx: Context) -> Iterator[Finding]:
    shape, units, group = ctx[Shapes].arriving(node), node.get("out_channels", 0), node.get("group", 1)
    channels = shape[1] if isinstance(shape, tuple) and len(shape) > 1 else None
    if not isinstance(group, int) or not isinstance(units, int):
        return
    weight = node.param("weight")
    assert weight is not None
    if group == units and isinstance(channels, int) and channels > group > 0 and channels % group == 0:
        # A choice that some make: the maps are summed up in small sets while they are enlarged.
        yield ctx.finding(
            weight.initializer,
            f"the bilinear filler of {node.label} starts each of {units} output channels as the sum of "
            f"{channels // group} of the {channels} that arrive: it does not enlarge them one by one",
            remedy=f"if that is not meant, use {channels} for both `num_output` and `group`",
            severity="info",
            node=node,
        )
    elif group != units:
        arriving = f" and {channels} arriving" if isinstance(channels, int) else ""
        place = node.place("group")
        yield ctx.finding(
            weight.initializer if place is node else place,
            f"the bilinear filler gives all kernels of {node.label} the same weights, but with group {group} for "
            f"{units} output channels{arriving} an output sums up several channels: they all become the same mixture",
            remedy=f"set `group: {units}`, one group a channel",
            edits=set_field(node, ("convolution_param", "group"), str(units)) if channels in (None, units) else (),
            applicability="unsafe",
            node=node,
        )


def _odd_kernel(node: Node, kernel: int, ctx: Context) -> Iterator[Finding]:
    strides = node.get("strides", (1, 1))
    factor = strides[0] if isinstance(strides, tuple) and len(set(strides)) == 1 else 0
    if node.op != "ConvTranspose" or not isinstance(factor, int) or factor < 2 or not kernel:
        return
    fitting = 2 * factor - factor % 2
    if kernel != fitting and max(kernel, factor) <= _WIDEST:
        sums = _overlaps(kernel, factor)
        low, high = min(sums), max(sums)
        total = f"{low:.2g}" if high - low < 1e-6 else f"{low:.2g} to {high:.2g}"
        yield ctx.finding(
            node.place("kernel_shape"),
            f"{node.label} enlarges {factor} times with a bilinear kernel of {kernel}, where {fitting} is the rule: "
            + (
                "the result is shifted by half a pixel"
                if abs(low - 1) < 1e-6 and abs(high - 1) < 1e-6
                else f"the weights that meet at a pixel add up to {total} along each axis, not to 1"
            ),
            remedy=f"use `kernel_size: {fitting}`",
            severity="info",
            node=node,
        )


def _overlaps(kernel: int, factor: int) -> list[float]:
    """The sum of the weights at each of the `factor` positions between two inputs (filler.hpp, BilinearFiller)."""
    half = ceil(kernel / 2)
    centre = (kernel - 1) / (2 * half)
    weights = [1 - abs(x / half - centre) for x in range(kernel)]
    return [sum(weights[start::factor]) for start in range(factor)]
