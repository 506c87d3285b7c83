"""A stored 64-bit integer that does not fit where it will go."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Edge, Finding, Model, Node, Value, rule
from netlint.model.profile import PROFILES

_LOWEST: Final = -(1 << 31)
_HIGHEST: Final = (1 << 31) - 1


@rule(severity="warning", beyond=True, dialects=("onnx",))
def int64_overflow(model: Model, ctx: Context) -> Iterator[Finding]:
    profile = PROFILES.get(model.task.profile or "")
    narrow = profile if profile is not None and profile.narrow_integers else None
    for value in model.stored:
        if value.dtype != "int64":
            continue
        worst = _outside(value)
        if worst is None:
            continue
        cast = next((edge.node for edge in value.uses if _narrows(edge.node)), None)
        if cast is not None:
            yield _finding(ctx, value, worst, cast, f"{cast.label} cuts it to 32 bits, where it is another number")
        elif narrow is not None and not all(map(_is_limit, value.uses)):
            user = value.uses[0].node
            yield _finding(ctx, value, worst, user, f"where it will run ({narrow.name}) integers have 32 bits")


def _outside(value: Value) -> int | None:
    """An element that 32 bits cannot hold; None where all fit, or nothing is known."""
    if value.elements is not None:
        numbers = [item for item in value.elements if isinstance(item, int)]
        return next((item for item in numbers if not _LOWEST <= item <= _HIGHEST), None)
    figures = value.statistics
    if figures is None or (figures.low >= _LOWEST and figures.high <= _HIGHEST):
        return None
    return int(figures.high if figures.high > _HIGHEST else figures.low)


def _narrows(node: Node) -> bool:
    return node.op == "Cast" and node.get("to", "") in ("int32", "int16", "int8", "uint8", "uint16")


def _is_limit(edge: Edge) -> bool:
    """The end of a slice: the largest integer stands for `up to the end`, and is clamped to it."""
    return edge.node.op == "Slice" and edge.slot in (1, 2)


def _finding(ctx: Context, value: Value, worst: int, node: Node, where: str) -> Finding:
    return ctx.finding(
        value,
        f"the stored tensor `{value.name}` holds {worst}, beyond the range of int32, and {where}",
        related=[(node, "it is used here")],
        remedy="write a number that fits, or keep it in 64 bits to the end",
        node=node,
    )
