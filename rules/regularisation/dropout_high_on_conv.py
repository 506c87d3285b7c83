"""Dropout of 0.7 or more on feature maps."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes


@rule(severity="warning", learning=True, on=("Dropout",), needs=(Shapes,))
def dropout_high_on_conv(node: Node, ctx: Context) -> Iterator[Finding]:
    ratio, shape = node.get("ratio", 0.5), ctx[Shapes].arriving(node)
    if not isinstance(ratio, int | float) or not 0.7 <= ratio < 1:
        return
    # A pooled 1x1 map is a vector, on which such ratios are common.
    if isinstance(shape, tuple) and len(shape) == 4 and any(isinstance(dim, int) and dim > 1 for dim in shape[2:]):
        yield ctx.finding(
            node.place("ratio"),
            f"{node.label} drops {ratio:.0%} of a feature map: hardly any spatial pattern survives. `{_word(node)}` is "
            "the share that is dropped, not the share that is kept",
            remedy=f"if {ratio:g} should be kept, write {1 - ratio:.2g}; else use 0.5 or less on feature maps",
            node=node,
        )


def _word(node: Node) -> str:
    ratio = node.attrs.get("ratio")
    return ratio.spelled if ratio is not None and ratio.spelled else "dropout_ratio"
