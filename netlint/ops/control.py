"""Branches and loops: what their bodies make arrives as inputs behind their own."""

from __future__ import annotations

from netlint.model import UNKNOWN, Body, Dim, Node, Shape, Unknown, Value, spell
from netlint.ops.arithmetic import MOST_AXES, integer, refused
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def meet(a: Shape, b: Shape) -> Shape:
    """What holds of both shapes."""
    if a is b or a == b:
        return a
    if isinstance(a, Unknown) or isinstance(b, Unknown) or len(a) != len(b):
        return UNKNOWN
    return tuple([x if x == y else UNKNOWN for x, y in zip(a, b, strict=True)])


def _own(node: Node) -> int:
    """How many of the inputs are the node's own; those of its bodies' outputs stand behind them."""
    return max(0, len(node.inputs) - sum(len(body.outputs) for body in node.bodies))


def _made(node: Node, inputs: Arrived, body: Body, index: int) -> Shape:
    """The shape of a body's output."""
    if index >= len(body.outputs):
        return UNKNOWN
    value: Value = body.outputs[index]
    start = _own(node)
    for other in node.bodies:
        if other is body:
            break
        start += len(other.outputs)
    slot = start + index
    if slot < len(inputs) and node.inputs[slot].value is value:
        return inputs[slot]
    return value.shape


def branch(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """What the branches agree on, or what the one makes that a known condition takes (ONNX If)."""
    condition = inputs.elements(0)
    taken = condition[0] if condition and len(node.bodies) == 2 else UNKNOWN
    outputs: list[Shape] = []
    for index in range(len(node.outputs)):
        if isinstance(taken, int):
            outputs.append(_made(node, inputs, _branch_of(node, bool(taken)), index))
            continue
        shapes = [_made(node, inputs, body, index) for body in node.bodies]
        found: Shape = shapes[0] if len(shapes) == 2 else UNKNOWN
        for shape in shapes[1:]:
            found = meet(found, shape)
        outputs.append(found)
    return Outcome(tuple(outputs))


def _branch_of(node: Node, yes: bool) -> Body:
    """The branch for a condition: bodies stand in the order of the attributes, which may be any."""
    name = "then_branch" if yes else "else_branch"
    return next((body for body in node.bodies if body.name == name), node.bodies[0 if yes else 1])


def loop(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`trips, condition, carried... -> carried..., scanned...`: what is carried keeps what the start and the body agree
    on; what is scanned is stacked along a new first axis, once a trip (ONNX Loop)."""
    if len(node.bodies) != 1:
        return Outcome((UNKNOWN,) * len(node.outputs))
    body = node.bodies[0]
    carried = max(0, _own(node) - 2)
    outputs: list[Shape] = []
    for index in range(len(node.outputs)):
        made = _made(node, inputs, body, index + 1)
        if index < carried:
            outputs.append(meet(inputs[index + 2], made))
        else:
            outputs.append(_stacked(made, UNKNOWN, 0))
    return Outcome(tuple(outputs))


def _stacked(shape: Shape, count: Dim, axis: int) -> Shape:
    if isinstance(shape, Unknown) or len(shape) >= MOST_AXES:
        return UNKNOWN
    at = axis + len(shape) + 1 if axis < 0 else axis
    return (*shape[:at], count, *shape[at:]) if 0 <= at <= len(shape) else UNKNOWN


def scan(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`states..., scanned... -> states..., stacked...`: all scanned inputs have one length, which the stacked outputs
    get (ONNX Scan). Operator set 8 also had sequence lengths in front and a batch axis."""
    scanned = integer(node, "num_scan_inputs", 0)
    if len(node.bodies) != 1 or not isinstance(scanned, int):
        return Outcome((UNKNOWN,) * len(node.outputs))
    body, own = node.bodies[0], _own(node)
    batched = own == len(body.inputs) + 1
    states = own - scanned - batched
    if states < 0 or scanned < 0:
        return Outcome((UNKNOWN,) * len(node.outputs))
    length: Dim = UNKNOWN
    axes = node.get("scan_input_axes", ())
    for index in range(scanned):
        slot = batched + states + index
        shape = inputs[slot]
        axis = axes[index] if isinstance(axes, tuple) and index < len(axes) else int(batched)
        if isinstance(shape, Unknown) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
            continue
        extent = shape[axis]
        if isinstance(extent, int) and isinstance(length, int) and extent != length:
            return refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} walks along several inputs together, but one has {length} steps and "
                f"`{node.inputs[slot].value.name}` ({spell(shape)}) has {extent}",
                slots=(slot,),
                remedy="give all scanned inputs the same length",
            )
        if not isinstance(length, int):
            length = extent
    ends = node.get("scan_output_axes", ())
    outputs: list[Shape] = []
    for index in range(len(node.outputs)):
        made = _made(node, inputs, body, index)
        if index < states:
            outputs.append(inputs[batched + index] if batched else meet(inputs[index], made))
        elif batched:
            outputs.append(UNKNOWN)
        else:
            place = ends[index - states] if isinstance(ends, tuple) and index - states < len(ends) else 0
            outputs.append(_stacked(made, length, place) if isinstance(place, int) else UNKNOWN)
    return Outcome(tuple(outputs))


OPERATORS = (
    Operator("If", branch),
    Operator("Loop", loop),
    Operator("Scan", scan),
)
