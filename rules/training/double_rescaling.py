"""Images are scaled down twice."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import remove_sequential
from netlint.facts.walk import sole_source
from netlint.ops import operator


@rule(severity="warning", fixes=("unsafe",), on=("keras::Rescaling",))
def double_rescaling(node: Node, ctx: Context) -> Iterator[Finding]:
    factor = _factor(node)
    if not node.inputs or factor is None:
        return
    first = sole_source(node.inputs[0].value, _keeps_scale)
    before = _factor(first) if first is not None and first.op == node.op else None
    # Two pixels' worth of 1/255: whoever scales by 1/16 twice means 1/256.
    if first is None or before is None or not (0 < before <= 0.02 and 0 < factor <= 0.02):
        return
    yield ctx.finding(
        node.place("scale"),
        f"{node.label} scales by {factor:.3g} what {first.label} has scaled by {before:.3g} already: pixels of 0 to "
        f"255 arrive within {255 * before * factor:.2g} of each other, and every image looks alike",
        related=[(first.place("scale"), "the first scaling")],
        remedy="remove the first one: the network brings its own",
        edits=remove_sequential(first),
        applicability="unsafe",
        node=node,
    )


def _factor(node: Node) -> float | None:
    scale = node.get("scale", 1.0)
    return float(scale) if isinstance(scale, int | float) else None


def _keeps_scale(node: Node) -> bool:
    kind = operator(node.op).kind
    return (kind in ("layout", "dropout") or node.op == "Identity") and len(node.inputs) == 1
