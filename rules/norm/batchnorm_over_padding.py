"""BatchNorm takes its statistics from positions that saw nothing but padding."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Geometry


@rule(severity="info", on=("Conv",), needs=(Geometry,))
def batchnorm_over_padding(node: Node, ctx: Context) -> Iterator[Finding]:
    pads, kernel = node.get("pads", ()), node.get("kernel_shape", ())
    if not isinstance(pads, tuple) or not pads or not isinstance(kernel, tuple):
        return
    # A window spans at least its kernel: without a pad as wide as that, every one of them sees some input.
    if not any(isinstance(pad, int) and isinstance(size, int) and pad >= size for size in kernel for pad in pads):
        return
    norm = next((after for after in node.successors if after.op == "BatchNormalization"), None)
    windows = ctx[Geometry].windows(node)
    if norm is None or all(window.before < window.reach for window in windows):
        return
    share = ctx[Geometry].blank_share(node)
    if share is None or share <= 0.3:
        return
    yield ctx.finding(
        node.place("pads"),
        f"{node.label} sees nothing but padding at {share:.0%} of its positions, which have one and the same value: "
        f"{norm.label} takes its mean and variance mostly from that border",
        related=[(norm, "the statistics are taken here")],
        remedy="pad half the kernel, and get the size of the output in another way than by cropping",
        node=node,
    )
