"""`Reshape` with its shape as a tensor, and `Flatten` to two axes: numbers of elements that must agree."""

from __future__ import annotations

from math import gcd

from netlint.model import UNKNOWN, Dim, Elements, Node, Shape, Symbol, Unknown, product, quotient, spell
from netlint.ops.arithmetic import MOST_AXES, axis_within, integer, listed, place_of, refused, undetermined
from netlint.ops.operator import Arrived, Outcome, Report


def moved(node: Node, inputs: Arrived, result: Shape) -> Outcome:
    """One output of shape `result` with the input's elements in their order."""
    elements = inputs.elements(0)
    if elements is None:
        return Outcome((result,) * len(node.outputs))
    return Outcome((result,) * len(node.outputs), (), (elements,))


def reshaped(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`shape` with 0 (copy, unless `allowzero`) and one -1 (infer); open extents cancel out where they can
    (ONNX Reshape)."""
    shape = inputs[0] if inputs else UNKNOWN
    target = listed(node, inputs, "shape", 1)
    if not isinstance(target, tuple) or len(target) > MOST_AXES:
        return undetermined(node)
    if isinstance(shape, tuple) and len(shape) > MOST_AXES:
        shape = UNKNOWN
    copies = node.get("allowzero", 0) == 0
    result: list[Dim] = []
    inferred = -1
    # Extents that stand on both sides need not be known to be compared.
    before: list[Dim] = [] if isinstance(shape, Unknown) else list(shape)
    after: list[Dim] = []
    for index, item in enumerate(target):
        if item.__class__ is int:
            if item == 0 and copies:
                if isinstance(shape, Unknown):
                    result.append(UNKNOWN)
                    continue
                if index >= len(shape):
                    return _bad(
                        node, inputs, report, f"copies axis {index} (0), which the input {spell(shape)} does not have"
                    )
                copied = shape[index]
                result.append(copied)
                if isinstance(copied, Unknown):
                    before[index] = 1
                else:
                    after.append(copied)
                continue
            if item == -1:
                if inferred >= 0:
                    return _bad(node, inputs, report, "has more than one -1: only one axis can be inferred")
                inferred = index
                result.append(UNKNOWN)
                continue
            if item < 0:
                return _bad(node, inputs, report, f"asks for an extent of {item}")
        result.append(item)
        after.append(item)
    if isinstance(shape, Unknown):
        return Outcome((tuple(result),) * len(node.outputs))
    return _counted(node, inputs, report, result, before, after, inferred)


def _counted(
    node: Node,
    inputs: Arrived,
    report: Report,
    result: list[Dim],
    before: list[Dim],
    after: list[Dim],
    inferred: int,
) -> Outcome:
    """Compare the numbers of elements, and infer the one extent that is open."""
    if inferred < 0:
        open_ones = [index for index, dim in enumerate(result) if dim.__class__ is Unknown]
        # What was copied is open on both sides; a single extent beside it follows from the rest.
        if len(open_ones) == 1 and sum(dim.__class__ is Unknown for dim in after) == 1:
            total, given = product(before), product(dim for dim in after if dim.__class__ is not Unknown)
            if _exact(total, given):
                result[open_ones[0]] = quotient(total, given)
            return moved(node, inputs, tuple(result))
    total, given = product(before), product(after)
    if inferred < 0:
        if _unequal(total, given):
            return _bad(node, inputs, report, f"turns {total} elements into {given}{_beside(inputs, before)}")
        return moved(node, inputs, tuple(result))
    if isinstance(total, int) and isinstance(given, int):
        if given == 0:
            if total:
                return _bad(node, inputs, report, f"leaves {total} elements for an axis beside others of 0 elements")
        elif total % given:
            return _bad(
                node,
                inputs,
                report,
                f"leaves {total} elements{_beside(inputs, before)} for the axis of -1, but the others take {given}, "
                "which do not divide them",
            )
        else:
            result[inferred] = total // given
    elif _indivisible(total, given):
        return _bad(
            node,
            inputs,
            report,
            f"leaves {total} elements for the axis of -1, but the others take {given}, which never divide them",
        )
    elif not (isinstance(given, int) and given < 1):
        result[inferred] = quotient(total, given)
    return moved(node, inputs, tuple(result))


def _beside(inputs: Arrived, before: list[Dim]) -> str:
    """What the counts leave out: open extents that are copied."""
    shape = inputs[0]
    copied = isinstance(shape, tuple) and any(dim != own for dim, own in zip(shape, before, strict=True))
    return " for each element of the axes that it copies" if copied else ""


def _single(dim: Dim) -> tuple[tuple[str, ...], int] | None:
    """(names, factor) of a number or a symbol of one term."""
    if isinstance(dim, int):
        return ((), dim)
    return dim.terms[0] if isinstance(dim, Symbol) and len(dim.terms) == 1 else None


def _unequal(a: Dim, b: Dim) -> bool:
    """Two counts that differ whatever the open extents are (none of them is 0)."""
    one, other = _single(a), _single(b)
    return one is not None and other is not None and one[0] == other[0] and one[1] != other[1]


def _indivisible(a: Dim, b: Dim) -> bool:
    one, other = _single(a), _single(b)
    return one is not None and other is not None and one[0] == other[0] and other[1] != 0 and one[1] % other[1] != 0


def _exact(total: Dim, given: Dim) -> bool:
    """Whether a division of counts comes out even for certain."""
    if isinstance(total, int) and isinstance(given, int):
        return given > 0 and total % given == 0
    one, other = _single(total), _single(given)
    if one is None or other is None or other[1] < 1 or gcd(one[1], other[1]) != other[1]:
        return False
    names = list(one[0])
    for name in other[0]:
        if name not in names:
            return False
        names.remove(name)
    return True


def _bad(node: Node, inputs: Arrived, report: Report, what: str) -> Outcome:
    return refused(
        node,
        inputs,
        report,
        "reshape-element-count",
        f"{node.label} reshapes {spell(inputs[0])} and {what}",
        at=place_of(node, inputs, "shape", 1),
        remedy="choose dimensions whose product equals the input's, or let one of them be -1",
    )


def flattened(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(a..., b...) -> (product of a, product of b)`, cut before `axis` (ONNX Flatten)."""
    shape, axis = inputs[0] if inputs else UNKNOWN, integer(node, "axis", 1)
    if isinstance(shape, Unknown) or isinstance(axis, Unknown):
        return Outcome(((UNKNOWN, UNKNOWN),) * len(node.outputs))
    rank = len(shape)
    # The cut may also stand behind the last axis.
    cut = axis if axis == rank else axis_within(node, inputs, report, axis, rank)
    if cut is None:
        return undetermined(node)
    return moved(node, inputs, (product(shape[:cut]), product(shape[cut:])))


def sized(inputs: Arrived, slot: int) -> Elements | None:
    """The elements of an input, if there are as many as its shape says."""
    elements = inputs.elements(slot)
    if elements is None:
        return None
    shape = inputs[slot]
    return elements if isinstance(shape, tuple) and product(shape) == len(elements) else None
