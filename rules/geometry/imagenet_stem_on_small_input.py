"""A stem made for large images throws most of a small one away."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Geometry, Shapes
from netlint.ops import operator


@rule(severity="warning", on=("Conv",), needs=(Geometry, Shapes))
def imagenet_stem_on_small_input(node: Node, ctx: Context) -> Iterator[Finding]:
    source = node.inputs[0].producer if node.inputs else None
    if source is None or operator(source.op).kind != "source":
        return
    geometry, shape = ctx[Geometry], ctx[Shapes].arriving(node)
    windows = geometry.windows(node)
    # A picture has few channels and known sides; anything else may be features of another network.
    if not isinstance(shape, tuple) or len(shape) != 4 or len(windows) != 2:
        return
    sizes = [side for side in shape[2:] if isinstance(side, int)]
    if shape[1] not in (1, 3) or len(sizes) < 2 or not 8 <= max(sizes) <= 64:
        return
    if min(window.kernel for window in windows) < 7:
        return
    if all(window.kernel == window.stride for window in windows):
        # Patches side by side: the words of a transformer, with nothing thrown away.
        return
    stride, after = min(window.stride for window in windows), _next_window(node)
    pooled = geometry.windows(after) if after is not None else ()
    total = stride * (min(window.stride for window in pooled) if pooled else 1)
    if stride < 2 or total < 4:
        return
    by = f" and {after.label} reduce" if after is not None and stride < total else " reduces"
    yield ctx.finding(
        node.place("strides"),
        f"{node.label}{by} an input of {sizes[0]}x{sizes[1]} pixels {total} times at once: this start is made for "
        "images of 200 pixels and more, and most of a small one is gone before anything is learned from it",
        related=[(source, f"{source.label} gives {sizes[0]}x{sizes[1]} pixels")],
        remedy="start with a 3x3 convolution of stride 1, without pooling behind it",
        node=node,
    )


def _next_window(node: Node) -> Node | None:
    """The convolution or pooling behind the first one, seen through what works pixel by pixel."""
    while True:
        uses = [edge.node for value in node.outputs for edge in value.uses]
        if len(uses) != 1:
            return None
        node = uses[0]
        if operator(node.op).kind not in ("activation", "affine", "dropout", "normalisation"):
            return node if node.op in ("Conv", "MaxPool", "AveragePool") else None
