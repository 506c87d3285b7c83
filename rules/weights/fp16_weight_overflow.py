"""Stored numbers that become infinite in 16 bits."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, Value, rule
from netlint.facts import Weights
from netlint.model.profile import PROFILES

#: What is not rounded down to the largest 16-bit number, 65504.
_LIMIT: Final = 65520.0
_WIDE: Final = ("float32", "float64", "bfloat16")

#: Operands of these may be infinite on purpose: masks and limits.
_LIMITING: Final = frozenset(("Add", "Sub", "Sum", "Where", "Max", "Min", "Clip", "Less", "Greater"))


@rule(severity="error", beyond=True, needs=(Weights,))
def fp16_weight_overflow(model: Model, ctx: Context) -> Iterator[Finding]:
    profile = PROFILES.get(model.task.profile or "")
    half = profile is not None and profile.half
    if not half and "Cast" not in model.by_op:
        return
    large = {value: size for value in model.stored if (size := _largest(value)) >= _LIMIT}
    if not large:
        return
    for value, size in large.items():
        cast = next((edge.node for edge in value.uses if edge.node.op == "Cast" and _narrows(edge.node)), None)
        if cast is not None:
            yield _finding(ctx, value, size, cast, f"{cast.label} makes them 16-bit floats")
    if profile is None or not profile.half:
        return
    for weight in ctx[Weights].distinct():
        if weight.value in large and not any(edge.node.op == "Cast" for edge in weight.value.uses):
            where = f"they are 16-bit floats where it will run ({profile.name})"
            yield _finding(ctx, weight.value, large[weight.value], weight.node, where)


def _largest(value: Value) -> float:
    """The largest finite magnitude, as far as it is known."""
    if value.dtype not in _WIDE:
        return 0.0
    if value.statistics is not None:
        return max(value.statistics.high, -value.statistics.low)
    sizes = (abs(item) for item in value.elements or () if isinstance(item, int | float))
    return max((size for size in sizes if size < float("inf")), default=0.0)


def _narrows(cast: Node) -> bool:
    """Elements that overflow do harm: not all of them only limit or mask."""
    uses = [edge.node.op for output in cast.outputs for edge in output.uses]
    return cast.get("to", "") == "float16" and not (uses and all(op in _LIMITING for op in uses))


def _finding(ctx: Context, value: Value, size: float, node: Node, where: str) -> Finding:
    return ctx.finding(
        value,
        f"`{value.name}` holds elements up to {size:.6g}, and {where}, which end at 65504: they become infinite",
        related=[(node, "it is used here")],
        remedy="keep this tensor in 32 bits, or scale it down and the result up",
        node=node,
    )
