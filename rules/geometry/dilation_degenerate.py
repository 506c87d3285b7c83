"""A dilated kernel reaches beyond its map on all sides."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Geometry


@rule(severity="info", on=("Conv",), needs=(Geometry,), unless=("kernel-exceeds-input",))
def dilation_degenerate(node: Node, ctx: Context) -> Iterator[Finding]:
    if "dilations" not in node.attrs:
        return
    geometry = ctx[Geometry]
    windows = geometry.windows(node)
    if not windows or all(window.dilation == 1 for window in windows):
        return
    sizes = geometry.sizes(node.inputs[0].value)
    if len(sizes) != len(windows) or not all(
        isinstance(size, int) and window.reach > size for window, size in zip(windows, sizes, strict=True)
    ):
        return
    share = geometry.real_share(node)
    if share is None or share >= 0.3:
        return
    yield ctx.finding(
        node.place("dilations"),
        f"the dilated kernel of {node.label} spans {windows[0].reach} pixels of a map of "
        f"{'x'.join(map(str, sizes))}: {share:.0%} of its taps lie on the map, so it is little more than a 1x1 kernel",
        remedy="use a smaller dilation, or pool the whole map where the context of all of it is wanted",
        node=node,
    )
