"""Convolutions of one dilation in a row look at a grid of pixels only."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Geometry, Paths

_IN_A_ROW = 3


@rule(severity="info", needs=(Geometry, Paths), default=False)
def dilation_gridding(model: Model, ctx: Context) -> Iterator[Finding]:
    runs: dict[Node, tuple[Node, int]] = {}
    for node in model.by_op.get("Conv", ()):
        rate = _rate(node, ctx)
        if rate is None:
            continue
        before = list(ctx[Paths].before(node))
        previous = before[0] if len(before) == 1 else None
        same = previous is not None and previous in runs and _rate(previous, ctx) == rate
        first, count = runs[previous] if same and previous is not None else (node, 0)
        runs[node] = (first, count + 1)
        # Told once a run, where it has become one.
        if count + 1 == _IN_A_ROW:
            yield ctx.finding(
                node.place("dilations"),
                f"{node.label} is the third convolution in a row with a dilation of {rate}: each output only sees "
                f"pixels that lie multiples of {rate} apart, and neighbours are computed from different ones",
                related=[(first, "the first of them")],
                remedy="vary the dilation, for instance 1, 2, 5",
                node=node,
            )


def _rate(node: Node, ctx: Context) -> int | None:
    windows = ctx[Geometry].windows(node)
    rates = {window.dilation for window in windows if window.kernel > 1}
    return rates.pop() if len(rates) == 1 and max(rates) > 1 else None
