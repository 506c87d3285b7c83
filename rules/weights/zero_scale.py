"""A quantisation scale that is zero or negative."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes
from netlint.facts.weights import stored_behind

#: Which inputs are scales.
_SCALES: Final = {
    "QuantizeLinear": (1,),
    "DequantizeLinear": (1,),
    "QLinearConv": (1, 4, 6),
    "QLinearMatMul": (1, 4, 6),
    "com.microsoft::QuantizeLinear": (1,),
    "com.microsoft::DequantizeLinear": (1,),
    "com.microsoft::QLinearAdd": (1, 4, 6),
    "com.microsoft::QLinearMul": (1, 4, 6),
}


@rule(severity="error", beyond=True, on=tuple(_SCALES), needs=(Shapes,))
def zero_scale(node: Node, ctx: Context) -> Iterator[Finding]:
    for slot in _SCALES[node.op]:
        lowest = _worst(node, slot, ctx[Shapes])
        if lowest is None or lowest > 0:
            continue
        edge = node.inputs[slot]
        why = (
            "what is divided by it is infinite or NaN, and what is multiplied with it is lost"
            if lowest == 0
            else "a scale is a step's size, and a negative one turns every sign around"
        )
        yield ctx.finding(
            edge,
            f"the scale `{edge.value.name}` of {node.label} is {lowest:g}{_somewhere(edge.value.shape)}: {why}",
            remedy="calibrate again: the range of the tensor was measured as empty, or the scale was written wrongly",
            severity="error" if lowest == 0 else "warning",
        )


def _worst(node: Node, slot: int, shapes: Shapes) -> float | None:
    """Zero if some element is, else the lowest one; None when nothing is known."""
    if slot >= len(node.inputs):
        return None
    elements = shapes.elements(node.inputs[slot].value)
    if elements is not None:
        numbers = [item for item in elements if isinstance(item, int | float)]
        return 0.0 if 0 in numbers else min(numbers, default=None)
    stored = stored_behind(node, slot)
    figures = stored.statistics if stored is not None else None
    if figures is None:
        return None
    return 0.0 if figures.zeros else figures.low


def _somewhere(shape: object) -> str:
    return "" if shape in ((), (1,)) else " in some places"
