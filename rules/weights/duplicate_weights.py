"""Tensors that the file stores more than once."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Value, rule
from netlint.facts.weights import bytes_of
from netlint.model import Shape, Statistics

#: Shapes and axes repeat everywhere, and so do short runs of zeros and ones.
_SMALL: Final = 64
_SMALL_CONSTANT: Final = 4096

_NAMED: Final = 5


@rule(severity="info", beyond=True)
def duplicate_weights(model: Model, ctx: Context) -> Iterator[Finding]:
    equal: dict[tuple[bytes, Shape], list[Value]] = {}
    for value in model.stored:
        figures = value.statistics
        if figures is not None and figures.digest and _worth_a_word(figures) and isinstance(value.shape, tuple):
            equal.setdefault((figures.digest, value.shape), []).append(value)
    groups = sorted((group for group in equal.values() if len(group) > 1), key=_wasted, reverse=True)
    for first, *others in groups[:_NAMED]:
        names = ", ".join(f"`{value.name}`" for value in others[:3])
        more = f" and {len(others) - 3} more" if len(others) > 3 else ""
        yield ctx.finding(
            others[0],
            f"{names}{more} {'holds' if len(others) == 1 else 'hold'} exactly what `{first.name}` holds: "
            f"{_wasted([first, *others]):,} bytes are stored again",
            related=[(first, "the same elements are stored here first")],
            remedy=f"let all readers use `{first.name}`",
        )
    rest = groups[_NAMED:]
    if rest:
        yield ctx.finding(
            rest[0][1],
            f"{sum(len(group) - 1 for group in rest)} more tensors are copies of {len(rest)} others, "
            f"{sum(map(_wasted, rest)):,} bytes in all; the largest is `{rest[0][1].name}`",
            related=[(rest[0][0], "the same elements are stored here first")],
            remedy="let all readers of equal tensors use one of them",
        )


def _worth_a_word(figures: Statistics) -> bool:
    return figures.count >= (_SMALL_CONSTANT if figures.constant else _SMALL)


def _wasted(group: list[Value]) -> int:
    return (len(group) - 1) * bytes_of(group[0])
