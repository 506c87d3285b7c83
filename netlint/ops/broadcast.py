"""Operators that work element by element on several inputs, with numpy's broadcasting (ONNX docs/Broadcasting.md)."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

from netlint.model import UNKNOWN, Dim, Elements, Node, Shape, Unknown, product, spell
from netlint.ops import values
from netlint.ops.arithmetic import MOST_AXES, MOST_ELEMENTS, called, refused, undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report, ShapeFunction
from netlint.ops.values import Element


def wider(a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """The shape to which two shapes broadcast; None when they certainly do not. A number against an open extent
    stays: the other one is the same or 1."""
    if len(a) < len(b):
        a, b = b, a
    start = len(a) - len(b)
    result = list(a)
    for index, other in enumerate(b, start):
        own = a[index]
        if own is other or own == other or other == 1:
            continue
        if own == 1:
            result[index] = other
        elif isinstance(own, int):
            if isinstance(other, int):
                return None
        else:
            result[index] = other if isinstance(other, int) else UNKNOWN
    return tuple(result)


def joined(node: Node, inputs: Arrived, report: Report) -> Shape | None:
    """The shape to which all inputs broadcast; None when they do not, which is reported."""
    if "align" in node.attrs:
        _behind_batch(inputs)
    if len(inputs) == 2:
        a, b = inputs
        if a == b:
            return a
        if isinstance(a, Unknown) or isinstance(b, Unknown):
            return UNKNOWN
        if len(a) > MOST_AXES or len(b) > MOST_AXES:
            return UNKNOWN
        result = _aligned(node, a, b) if "broadcast" in node.attrs else wider(a, b)
        if result is None:
            _clash(node, inputs, (0, 1), report)
        return result
    total: Shape = inputs[0] if inputs else UNKNOWN
    largest = 0
    for slot in range(1, len(inputs)):
        shape = inputs[slot]
        if isinstance(total, Unknown) or isinstance(shape, Unknown) or max(len(total), len(shape)) > MOST_AXES:
            return UNKNOWN
        result = wider(total, shape)
        if result is None:
            _clash(node, inputs, (largest, slot), report)
            return None
        if result != total:
            largest = slot
        total = result
    return total


def _behind_batch(inputs: Arrived) -> None:
    """Inputs of fewer axes get theirs behind the batch (keras/src/layers/merging/base_merge.py)."""
    rank = max((len(shape) for shape in inputs if isinstance(shape, tuple)), default=0)
    if rank <= MOST_AXES:
        for slot, shape in enumerate(inputs):
            if isinstance(shape, tuple) and 0 < len(shape) < rank:
                inputs[slot] = (shape[0], *(1,) * (rank - len(shape)), *shape[1:])


def _aligned(node: Node, a: tuple[Dim, ...], b: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """Before operator set 7 the second input may stand anywhere in the first one, from `axis` on; the result is the
    first one's shape."""
    axis = node.get("axis", len(a) - len(b))
    if node.get("broadcast", 0) != 1 or not isinstance(axis, int) or not b:
        return a
    start = axis + len(a) if axis < 0 else axis
    covered = a[start : start + len(b)] if start >= 0 else ()
    if len(covered) != len(b):
        return None
    return (
        None
        if any(isinstance(x, int) and isinstance(y, int) and y not in (x, 1) for x, y in zip(covered, b, strict=True))
        else a
    )


def _clash(node: Node, inputs: Arrived, slots: tuple[int, int], report: Report) -> None:
    one, other = slots
    a, b = inputs[one], inputs[other]
    # Two branches of one network that meet again: a residual connection, which has a remedy of its own.
    residual = node.op in ("Add", "Sum", "Sub") and all(
        node.inputs[slot].value.producer is not None and isinstance(inputs[slot], tuple) and len(inputs[slot]) > 2  # type: ignore[arg-type]
        for slot in slots
    )
    refused(
        node,
        inputs,
        report,
        "residual-add-mismatch" if residual else "merge-shape-mismatch",
        f"{node.label} joins its inputs element by element, but {called(node, one)} is {spell(a)} and "
        f"{called(node, other)} is {spell(b)}, which do not broadcast{_where(a, b)}",
        slots=slots,
        remedy=(
            "give both branches the same channels and stride, for instance with a 1x1 convolution on the shortcut"
            if residual
            else "make the axes agree from the last one on, or let one of them be 1"
        ),
    )


def _where(a: Shape, b: Shape) -> str:
    if isinstance(a, Unknown) or isinstance(b, Unknown):
        return ""
    for index in range(1, min(len(a), len(b)) + 1):
        x, y = a[-index], b[-index]
        if isinstance(x, int) and isinstance(y, int) and x != y and x != 1 and y != 1:
            return f": the {_ORDINALS.get(index, f'{index}th last')} axis is {x} in one and {y} in the other"
    return ""


_ORDINALS = {1: "last", 2: "second last", 3: "third last"}


def spread(elements: Elements, shape: Shape, result: tuple[Dim, ...], count: int) -> Elements | None:
    """The elements of a tensor broadcast to `count` elements of shape `result`, in row-major order."""
    if len(elements) == count and (isinstance(shape, Unknown) or product(shape) == count):
        return elements
    if len(elements) == 1:
        return elements * count
    if isinstance(shape, Unknown) or product(shape) != len(elements) or len(shape) > len(result):
        return None
    places = [0]
    stride = len(elements)
    for own, extent in zip((1,) * (len(result) - len(shape)) + shape, result, strict=True):
        if not isinstance(own, int) or not isinstance(extent, int) or own < 1 or own not in (1, extent):
            return None
        stride //= own
        step = 0 if own == 1 else stride
        places = [place + step * index for place in places for index in range(extent)]
    return tuple(elements[place] for place in places) if len(places) == count else None


def together(inputs: Arrived, result: Shape) -> list[Elements] | None:
    """The elements of all inputs, broadcast to the result; None as soon as they are not known, or too many."""
    known: list[tuple[int, Elements]] = []
    for slot in range(len(inputs)):
        elements = inputs.elements(slot)
        if elements is None or len(elements) > MOST_ELEMENTS:
            return None
        known.append((slot, elements))
    if isinstance(result, Unknown) or not known or len(known) > 8:
        return None
    count = product(result)
    if not isinstance(count, int) or not 0 < count <= MOST_ELEMENTS:
        return None
    wide: list[Elements] = []
    for slot, elements in known:
        same = spread(elements, inputs[slot], result, count)
        if same is None:
            return None
        wide.append(same)
    return wide


def pairwise(compute: Callable[[Element, Element], Element] | None) -> ShapeFunction:
    """The shape function of an operator that broadcasts its inputs; `compute` joins two known elements."""

    def infer(node: Node, inputs: Arrived, report: Report) -> Outcome:
        result = joined(node, inputs, report)
        if result is None:
            return undetermined(node)
        outputs = (result,) * len(node.outputs)
        if compute is None or inputs.elements(0) is None or "broadcast" in node.attrs:
            return Outcome(outputs)
        known = together(inputs, result)
        if known is None:
            return Outcome(outputs)
        return Outcome(outputs, (), (tuple(reduce(compute, items) for items in zip(*known, strict=True)),))

    return infer


add = pairwise(values.added)
multiply = pairwise(values.multiplied)
maximum = pairwise(values.larger)
_plain = pairwise(None)


def modulo(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`fmod` 1 takes the dividend's sign, which nobody computes shapes with."""
    return (_plain if node.get("fmod", 0) == 1 else _modulo)(node, inputs, report)


_modulo = pairwise(values.remainder)


def gated(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Two inputs of one shape, without broadcasting (`SwiGLU`)."""
    if len(inputs) == 2 and isinstance(inputs[0], tuple) and isinstance(inputs[1], tuple):
        a, b = inputs[0], inputs[1]
        if len(a) != len(b) or any(
            isinstance(x, int) and isinstance(y, int) and x != y for x, y in zip(a, b, strict=True)
        ):
            _clash(node, inputs, (0, 1), report)
            return undetermined(node)
    return Outcome((inputs[0] if inputs else UNKNOWN,) * len(node.outputs))


def choose(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`Where`: the condition picks from two values, all three broadcast."""
    result = joined(node, inputs, report)
    if result is None:
        return undetermined(node)
    outputs = (result,) * len(node.outputs)
    known = together(inputs, result) if len(inputs) == 3 and inputs.elements(0) is not None else None
    if known is None:
        return Outcome(outputs)
    return Outcome(outputs, (), (tuple(_picked(*items) for items in zip(*known, strict=True)),))


def _picked(condition: Element, yes: Element, no: Element) -> Element:
    if isinstance(condition, int):
        return yes if condition else no
    return yes if yes == no else UNKNOWN


OPERATORS = (
    Operator("Add", add, kind="merge", linear=True),
    Operator("Sub", pairwise(values.subtracted), kind="merge", linear=True),
    Operator("Div", pairwise(values.divided), kind="merge"),
    Operator("Mod", modulo, kind="merge", differentiable=False),
    Operator("Pow", pairwise(values.powered), kind="merge"),
    Operator("Min", pairwise(values.smaller), kind="merge"),
    Operator("Mean", _plain, kind="merge", linear=True),
    Operator("Where", choose, kind="merge"),
    Operator("SwiGLU", gated, kind="merge"),
    *(
        Operator(name, _plain, kind="other", differentiable=False)
        for name in ("BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor")
    ),
)
