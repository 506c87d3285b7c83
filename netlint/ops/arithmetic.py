"""Small arithmetic that several shape functions share: axes, windows, and unknown outcomes."""

from __future__ import annotations

from typing import Final, cast

from netlint.model import UNKNOWN, Attr, Dim, Node, Place, Problem, Shape, Unknown, spell
from netlint.ops.operator import Arrived, Outcome, Report

#: Elements are handed on up to this number: shapes and lists of axes, never data.
MOST_ELEMENTS: Final = 256

_DIMS: Final = (int, Unknown)

#: The rank up to which shapes are followed; numpy's own limit.
MOST_AXES: Final = 64


def undetermined(node: Node) -> Outcome:
    """Nothing can be said of this node's outputs and parameters."""
    return Outcome((UNKNOWN,) * len(node.outputs), (UNKNOWN,) * len(node.params))


def integer(node: Node, name: str, default: int) -> int | Unknown:
    """An integer attribute, its default where the source is silent, unknown where the loader could not tell."""
    value = node.get(name, default)
    return value if isinstance(value, int) else UNKNOWN


def differ(a: Dim, b: Dim) -> bool:
    """Two extents that are certainly not the same."""
    return isinstance(a, int) and isinstance(b, int) and a != b


def unlike(one: tuple[Dim, ...], other: tuple[Dim, ...]) -> bool:
    """Two shapes that are certainly not the same."""
    return len(one) != len(other) or any(map(differ, one, other))


def listed(node: Node, inputs: Arrived, name: str, slot: int = 0) -> tuple[Dim, ...] | Unknown | None:
    """Numbers that come as attribute `name` or, in later operator sets, as input `slot` (0: never).

    None when the source gives neither; unknown when their number is.
    """
    attr = node.attrs.get(name)
    if attr is not None:
        value = attr.value
        if isinstance(value, int):
            return (value,)
        return whole(value) if isinstance(value, tuple) else UNKNOWN
    if not slot or not inputs.given(slot):
        return None
    elements = inputs.elements(slot)
    if elements is not None:
        return whole(elements)
    shape = inputs[slot]
    if isinstance(shape, tuple) and len(shape) < 2:
        count = shape[0] if shape else 1
        if isinstance(count, int) and 0 <= count <= MOST_AXES:
            return (UNKNOWN,) * count
    return UNKNOWN


def whole(elements: tuple[object, ...]) -> tuple[Dim, ...]:
    """Elements as extents: what is no whole number and no symbol is unknown."""
    if all(map(_is_dim, elements)):
        return cast("tuple[Dim, ...]", elements)
    return tuple(item if isinstance(item, int | Unknown) else UNKNOWN for item in elements)


def _is_dim(item: object) -> bool:
    return item.__class__ is int or isinstance(item, _DIMS)


def number(node: Node, inputs: Arrived, name: str, slot: int, default: int) -> Dim:
    """One number that comes as attribute or as input."""
    values = listed(node, inputs, name, slot)
    if values is None:
        return default
    return values[0] if isinstance(values, tuple) and values else UNKNOWN


def refused(
    node: Node,
    inputs: Arrived,
    report: Report,
    rule: str,
    message: str,
    *,
    at: Place | None = None,
    slots: tuple[int, ...] = (0,),
    remedy: str,
) -> Outcome:
    """Report a problem, and say nothing more of the node. It stands at `at`, else at the last of the inputs `slots`,
    which are all named with what they carry."""
    there = [slot for slot in slots if slot < len(node.inputs)]
    related: list[tuple[Place, str]] = []
    for slot in there:
        value, shape = node.inputs[slot].value, inputs[slot]
        if value.producer is not None:
            related.append((value.producer, f"{value.producer.label} gives {spell(shape)}"))
        elif value.name:
            related.append((value, f"`{value.name}` is {spell(shape)}"))
    place = at if at is not None else node.inputs[there[-1]] if there else node
    report(Problem(rule, message, place, related=tuple(related), remedy=remedy, node=node))
    return undetermined(node)


def called(node: Node, slot: int) -> str:
    """The name of an input's value, for messages."""
    return f"`{node.inputs[slot].value.name}`" if slot < len(node.inputs) else f"input {slot}"


def place_of(node: Node, inputs: Arrived, name: str, slot: int) -> Place:
    """Where a number stands that may be an attribute or an input."""
    return node.inputs[slot] if slot and inputs.given(slot) else node.place(name)


def axis_within(
    node: Node, inputs: Arrived, report: Report, axis: Dim, rank: int, *, at: Place | None = None
) -> int | None:
    """`axis` counted from the front; None when it is unknown, or (with a report) outside of `rank` axes."""
    if not isinstance(axis, int):
        return None
    if -rank <= axis < rank:
        return axis % rank
    axes = "1 axis" if rank == 1 else f"{rank} axes"
    refused(
        node,
        inputs,
        report,
        "rank-mismatch",
        f"{node.label} works on axis {axis}, but there are only {axes} ({spell(inputs[0])})",
        at=at if at is not None else node.place("axis"),
        remedy="name an axis that the input has",
    )
    return None


def integers(node: Node, name: str, count: int, default: int) -> tuple[Dim, ...]:
    """A per-axis attribute as one number an axis; unknown ones where it does not fit."""
    attr = node.attrs.get(name)
    if attr is None:
        return (default,) * count
    if not isinstance(attr.value, tuple) or len(attr.value) != count:
        return (UNKNOWN,) * count
    return whole(attr.value)


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
