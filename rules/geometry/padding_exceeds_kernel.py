"""Padding is at least as wide as the kernel."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Geometry, Paths, Shapes
from netlint.ops import operator
from netlint.ops.convolution import pads_exceed_kernel


@rule(severity="warning", needs=(Geometry, Paths, Shapes))
def padding_exceeds_kernel(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    for node in model.by_op.get("Conv", ()):
        found = pads_exceed_kernel(node)
        if found is None:
            continue
        pads, pad, reach = found
        # The FCN idiom: pad generously, crop at the end. Forks of the old format spelled the layer CROP.
        cropped = ctx[Paths].leads_to(node, "caffe::Crop", "caffe::CROP")
        # The same before a chain of convolutions without padding: it is spent on them.
        spent = None if cropped else _spent(node, 2 * pad - reach + 1, ctx)
        # In a fragment the crop may stand in the part that is not shown.
        partial = not any(other.op == "Input" for other in model.nodes)
        yield ctx.finding(
            pads,
            f"{node.label} pads {pad} pixels, and its kernel spans {reach}: its border outputs see nothing but padding"
            + _share(node, pad, reach, ctx)
            + (f"; {cropped.label} cuts them off later" if cropped else "")
            + (f"; the unpadded convolutions up to {spent.label} use the border up" if spent else ""),
            related=[(cropped, "the border is cropped here")] if cropped else [],
            remedy="" if cropped or spent else f"pad (kernel - 1) / 2, here {(reach - 1) // 2}",
            # SqueezeNet's last layer pads its kernel of one pixel.
            severity="info" if cropped or spent or partial or pad == reach == 1 else None,
            node=node,
        )


def _spent(node: Node, surplus: int, ctx: Context) -> Node | None:
    """The layer at which convolutions without padding have taken `surplus` pixels away again, as the context module of
    Yu and Koltun (arXiv:1511.07122) does; None where they never do."""
    geometry = ctx[Geometry]
    paths = ctx[Paths]
    after = paths.only_successor(node)
    while after is not None:
        if after.op == "Conv":
            windows = geometry.windows(after)
            if not windows or any(window.stride != 1 or window.before or window.after for window in windows):
                return None
            surplus -= min(window.reach for window in windows) - 1
            if surplus <= 0:
                return after
        elif operator(after.op).kind not in ("activation", "dropout", "normalisation", "affine"):
            return None
        after = paths.only_successor(after)
    return None


def _share(node: Node, pad: int, reach: int, ctx: Context) -> str:
    """How much of the output is padding alone, where the shapes say it."""
    shape, strides = ctx[Shapes].arriving(node), node.get("strides", (1, 1))
    size = shape[2] if isinstance(shape, tuple) and len(shape) == 4 and shape[2] == shape[3] else None
    kernel, pads = node.get("kernel_shape", ()), node.get("pads", ())
    if not isinstance(size, int) or not all(isinstance(v, tuple) and len(set(v)) == 1 for v in (kernel, pads, strides)):
        return ""
    assert isinstance(strides, tuple)
    stride = strides[0]
    if not isinstance(stride, int) or stride < 1:
        return ""
    positions = (size + 2 * pad - reach) // stride + 1
    # Windows start at -pad, -pad + stride, ...; those that start after -reach and before the far edge see some input.
    blind = (pad - reach) // stride + 1
    seeing = min(positions, -(-(size + pad) // stride)) - blind
    return f" ({1 - (seeing / positions) ** 2:.0%} of them)" if positions > 0 and seeing >= 0 else ""
