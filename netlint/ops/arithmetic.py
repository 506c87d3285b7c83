"""Small arithmetic that several shape functions share: axes, windows, and unknown outcomes."""

from __future__ import annotations

from typing import cast

from netlint.model import UNKNOWN, Attr, Dim, Node, Problem, Shape, Unknown, spell
from netlint.ops.operator import Outcome, Report


def undetermined(node: Node) -> Outcome:
    """Nothing can be said of this node's outputs and parameters."""
    return Outcome((UNKNOWN,) * len(node.outputs), (UNKNOWN,) * len(node.params))


def integer(node: Node, name: str, default: int) -> int | Unknown:
    """An integer attribute, its default where the source is silent, unknown where the loader could not tell."""
    value = node.get(name, default)
    return value if isinstance(value, int) else UNKNOWN


def integers(node: Node, name: str, count: int, default: int) -> tuple[Dim, ...]:
    """A per-axis attribute as one number an axis; unknown ones where it does not fit."""
    attr = node.attrs.get(name)
    if attr is None:
        return (default,) * count
    if not isinstance(attr.value, tuple) or len(attr.value) != count:
        return (UNKNOWN,) * count
    return cast("tuple[Dim, ...]", attr.value)


def axis_of(node: Node, shape: tuple[Dim, ...], report: Report, name: str = "axis", default: int = 1) -> int | None:
    """The axis that attribute `name` means in `shape`, counted from the front; None (and a report) when outside."""
    axis = integer(node, name, default)
    if isinstance(axis, Unknown):
        return None
    rank = len(shape)
    if -rank <= axis < rank:
        return axis % rank
    place = node.place(name)
    word = place.word if isinstance(place, Attr) else name
    report(
        Problem(
            "rank-mismatch",
            f"{node.label} works on axis {axis}, but its input {spell(shape)} has only {rank} "
            f"{'axis' if rank == 1 else 'axes'}",
            place,
            related=came_from(node, 0, shape),
            remedy=f"set `{word}` to an axis that the input has",
            node=node,
        )
    )
    return None


def came_from(node: Node, slot: int, shape: Shape) -> tuple[tuple[Node, str], ...]:
    """The producer of an input as a related place: what arrives, and from where."""
    if slot >= len(node.inputs):
        return ()
    producer = node.inputs[slot].value.producer
    if producer is None:
        return ()
    return ((producer, f"{producer.label} gives {spell(shape)}"),)


def needs_rank(node: Node, slot: int, shape: tuple[Dim, ...], rank: int, why: str, report: Report) -> bool:
    """Whether an input has exactly `rank` axes; reports it otherwise."""
    if len(shape) == rank:
        return True
    report(
        Problem(
            "rank-mismatch",
            f"{node.label} needs an input of {rank} axes ({why}), but gets {spell(shape)}",
            node.inputs[slot],
            related=came_from(node, slot, shape),
            remedy="feed it a value of that rank, or reshape the input first",
            node=node,
        )
    )
    return False
