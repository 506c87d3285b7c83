"""Tensors made of shapes and numbers: `Shape`, `Size`, `Range`, `ConstantOfShape`, `Constant`, `EyeLike`."""

from __future__ import annotations

import math

from netlint.model import UNKNOWN, Dim, Node, Shape, Symbol, Unknown, minus, product, quotient, spell
from netlint.ops.arithmetic import MOST_AXES, MOST_ELEMENTS, refused, undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.values import Element, not_negative, settled


def extents(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The extents from `start` to `end` as a vector (ONNX Shape)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return Outcome(((UNKNOWN,),) * len(node.outputs))
    start, end = node.get("start", 0), node.get("end", len(shape))
    if not isinstance(start, int) or not isinstance(end, int):
        return Outcome(((UNKNOWN,),) * len(node.outputs))
    # Both are cut to the rank, as Python does with indices of a slice.
    part = shape[start:end]
    return Outcome(((len(part),),) * len(node.outputs), (), (part,))


def size(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """The number of elements (ONNX Size)."""
    shape = inputs[0] if inputs else UNKNOWN
    count = UNKNOWN if isinstance(shape, Unknown) or len(shape) > MOST_AXES else product(shape)
    return Outcome(((),) * len(node.outputs), (), ((count,),))


def counting(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`start, limit, delta -> (max(0, ceil((limit - start) / delta)),)` (ONNX Range)."""
    numbers: list[Element] = []
    for slot in range(3):
        elements = inputs.elements(slot)
        numbers.append(elements[0] if elements is not None and len(elements) == 1 else UNKNOWN)
    start, limit, delta = numbers
    count = _steps(start, limit, delta)
    outputs = ((count,),) * len(node.outputs)
    if isinstance(count, int) and count <= MOST_ELEMENTS and isinstance(start, int) and isinstance(delta, int):
        return Outcome(outputs, (), (tuple(start + index * delta for index in range(count)),))
    return Outcome(outputs)


def _steps(start: Element, limit: Element, delta: Element) -> Dim:
    if isinstance(start, int) and isinstance(limit, int) and isinstance(delta, int):
        return max(0, -((start - limit) // delta)) if delta else UNKNOWN
    if isinstance(start, int | float) and isinstance(limit, int | float) and isinstance(delta, int | float):
        steps = (limit - start) / delta if delta and math.isfinite(delta) else math.nan
        return max(0, math.ceil(steps)) if settled(steps) else UNKNOWN
    if start == 0 and delta == 1 and isinstance(limit, Symbol) and not_negative(limit):
        return limit
    if delta == 1 and isinstance(start, Symbol) and isinstance(limit, Symbol):
        count = minus(limit, start)
        return count if not_negative(count) else UNKNOWN
    return UNKNOWN


def filled(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """A tensor of the shape that the input holds, every element `value` (ONNX ConstantOfShape)."""
    shape = _wanted(inputs)
    if isinstance(shape, Unknown) or len(shape) > MOST_AXES:
        return undetermined(node)
    negative = next((dim for dim in shape if isinstance(dim, int) and dim < 0), None)
    if negative is not None:
        return refused(
            node,
            inputs,
            report,
            "invalid-geometry",
            f"{node.label} makes a tensor of shape {spell(shape)}: an extent of {negative} is none",
            remedy="use extents of 0 or more",
        )
    outputs = (shape,) * len(node.outputs)
    count, value = product(shape), node.get("value", (0.0,))
    if isinstance(count, int) and count <= MOST_ELEMENTS and isinstance(value, tuple) and len(value) == 1:
        return Outcome(outputs, (), (value * count,))
    return Outcome(outputs)


def _wanted(inputs: Arrived) -> Shape:
    """A shape that arrives as the elements of the first input."""
    elements = inputs.elements(0)
    if elements is not None:
        return tuple(item if isinstance(item, int | Unknown) else UNKNOWN for item in elements)
    own = inputs[0] if inputs else UNKNOWN
    rank = own[0] if isinstance(own, tuple) and len(own) == 1 else UNKNOWN
    return (UNKNOWN,) * rank if isinstance(rank, int) and 0 <= rank <= MOST_AXES else UNKNOWN


def constant(node: Node, _inputs: Arrived, _report: Report) -> Outcome:
    """What the source declares, or the elements that an attribute gives (ONNX Constant)."""
    outputs: list[Shape] = [value.shape for value in node.outputs]
    for name in ("value_int", "value_float", "value_string"):
        if name in node.attrs:
            value = node.attrs[name].value
            return Outcome(((),) * len(outputs), (), ((value,),) if not isinstance(value, tuple) else ())
    for name in ("value_ints", "value_floats", "value_strings"):
        values = node.attrs[name].value if name in node.attrs else None
        if isinstance(values, tuple):
            small = values if len(values) <= MOST_ELEMENTS else None
            return Outcome(((len(values),),) * len(outputs), (), (small,))
    return Outcome(tuple(outputs), (), tuple(value.elements for value in node.outputs))


def eye(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape, a matrix (ONNX EyeLike)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, tuple) and len(shape) != 2:
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} makes a matrix like its input, but that is {spell(shape)}",
            remedy="feed it a matrix",
        )
    return Outcome((shape,) * len(node.outputs))


def shares(total: Dim, count: Dim) -> Dim:
    """`total / count` where it comes out even for certain, else unknown."""
    if isinstance(total, int) and isinstance(count, int):
        return total // count if count > 0 and total % count == 0 else UNKNOWN
    return quotient(total, count) if isinstance(total, Symbol) and isinstance(count, int) and count > 0 else UNKNOWN


OPERATORS = (
    Operator("Shape", extents, differentiable=False),
    Operator("Size", size, differentiable=False),
    Operator("Range", counting, differentiable=False),
    Operator("ConstantOfShape", filled, differentiable=False),
    Operator("Constant", constant, differentiable=False),
    Operator("EyeLike", eye, differentiable=False),
)
