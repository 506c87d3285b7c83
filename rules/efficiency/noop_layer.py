"""A node that hands its input on unchanged."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, Unknown, rule
from netlint.facts import Shapes, Trainability

#: Found so often, a kind of node is summed up.
_NAMED: Final = 5

_SHAPING: Final = ("Reshape", "Flatten", "Slice", "Expand", "Squeeze", "Unsqueeze", "Tile")
_POOLING: Final = ("MaxPool", "AveragePool", "LpPool")
#: The operand that changes nothing, and the slots in which it may stand.
_NEUTRAL: Final = {"Add": (0, (0, 1)), "Sub": (0, (1,)), "Mul": (1, (0, 1)), "Div": (1, (1,)), "Pow": (1, (1,))}
_JOINING: Final = ("Concat", "Sum", "Max", "Min", "Mean")


@rule(severity="info", needs=(Shapes, Trainability), dialects=("onnx",))
def noop_layer(model: Model, ctx: Context) -> Iterator[Finding]:
    if not ctx[Trainability].finished:
        return
    named = {value for node in model.nodes for body in node.bodies for value in body.outputs}
    named.update(model.results or ())
    for op in ("Identity", "Dropout", "Transpose", "Cast", "Pad", *_SHAPING, *_POOLING, *_NEUTRAL, *_JOINING):
        found = []
        for node in model.by_op.get(op, ()):
            # A stored tensor or an input under a second name may be needed, and so may the last name of a body.
            if op in _NEUTRAL and not any(edge.value.stored for edge in node.inputs):
                continue
            if node.inputs and node.outputs and not (node.outputs[0] in named and _only_names(node)):
                why = _idle(node, ctx[Shapes])
                if why:
                    found.append((node, why))
        for node, why in found[:_NAMED]:
            yield ctx.finding(
                node,
                f"{node.label} has no effect: {why}",
                remedy=f"remove it, and let its readers use `{node.inputs[0].value.name}`",
            )
        if len(found) > _NAMED:
            node = found[_NAMED][0]
            others = len(found) - _NAMED
            yield ctx.finding(
                node,
                f"{others} more {op} node{'s have' if others > 1 else ' has'} no effect, the first of them "
                f"`{node.name}`",
                remedy="simplify the graph with an optimiser",
            )


def _only_names(node: Node) -> bool:
    """The node gives an output's name to something that has another one already."""
    maker = node.inputs[0].value.producer
    return node.op == "Identity" or maker is None or maker.op == "Input"


def _idle(node: Node, shapes: Shapes) -> str:
    """Why the node changes nothing, in words; empty where it does, or where that is not known."""
    op = node.op
    if op == "Identity":
        return "" if node.inputs[0].value.producer is None else "it copies its input"
    if op == "Dropout":
        return _dropout(node, shapes)
    if op == "Transpose":
        perm = node.get("perm", ())
        return "its `perm` leaves every axis where it is" if perm and perm == tuple(range(len(_tuple(perm)))) else ""
    if op == "Cast":
        dtype = node.inputs[0].value.dtype
        return f"its input is {dtype} already" if dtype and node.get("to", "") == dtype else ""
    if op == "Pad":
        return _pad(node, shapes)
    if op in _SHAPING:
        return _shaping(node, shapes)
    if op in _POOLING:
        return _pooling(node)
    if op in _JOINING:
        return "it has a single input" if len(node.inputs) == 1 else ""
    return _neutral(node, shapes)


def _tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def _dropout(node: Node, shapes: Shapes) -> str:
    if len(node.inputs) > 1 and shapes.elements(node.inputs[1].value) in ((0,), (0.0,)) and not node.outputs[1:]:
        return "its ratio is 0"
    if len(node.inputs) > 2 and node.inputs[2].value.name and shapes.elements(node.inputs[2].value) != (False,):
        return ""
    if len(node.outputs) > 1 and node.outputs[1].uses:
        return ""
    return "nothing is dropped outside of training"


def _pad(node: Node, shapes: Shapes) -> str:
    pads = shapes.elements(node.inputs[1].value) if len(node.inputs) > 1 else node.get("pads", node.get("paddings", ()))
    return "it pads by zero elements" if isinstance(pads, tuple) and pads and not any(pads_of(pads)) else ""


def pads_of(pads: tuple[object, ...]) -> Iterator[bool]:
    return (isinstance(pad, Unknown) or pad != 0 for pad in pads)


def _shaping(node: Node, shapes: Shapes) -> str:
    given, result = shapes.input(node), shapes.output(node)
    if not isinstance(given, tuple) or given != result or any(_vague(dim) for dim in given):
        return ""
    if node.op == "Slice" and len(node.inputs) > 4:
        steps = shapes.elements(node.inputs[4].value)
        if steps is None or any(step != 1 for step in steps):
            return ""
    if node.op in ("Squeeze", "Unsqueeze") and len(node.inputs) > 1 and shapes.elements(node.inputs[1].value) is None:
        return ""
    return "its output has the shape of its input"


def _vague(dim: object) -> bool:
    """An extent that is unknown: two of them need not be equal. Equal symbols are equal extents."""
    return isinstance(dim, Unknown) and not getattr(dim, "terms", ())


def _pooling(node: Node) -> str:
    kernel, strides, pads = (_tuple(node.get(name, ())) for name in ("kernel_shape", "strides", "pads"))
    if not kernel or any(size != 1 for size in (*kernel, *strides)) or any(pads_of(pads)):
        return ""
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER") or node.op == "LpPool":
        return ""
    return "a window of one element that moves by one" if not any(value.uses for value in node.outputs[1:]) else ""


def _neutral(node: Node, shapes: Shapes) -> str:
    neutral, slots = _NEUTRAL[node.op]
    for slot in slots:
        if slot >= len(node.inputs) or len(node.inputs) != 2:
            return ""
        operand, other = node.inputs[slot].value, node.inputs[1 - slot].value
        elements = operand.elements if operand.stored else None
        if not elements or any(isinstance(item, str | Unknown) or item != neutral for item in elements):
            continue
        # A larger operand also broadcasts.
        given = shapes[other]
        if len(elements) == 1 and operand.shape in ((), (1,)) and given != ():
            return f"the constant `{operand.name}` is {neutral}"
        if isinstance(given, tuple) and given == shapes.output(node) and not any(map(_vague, given)):
            return f"the constant `{operand.name}` is {neutral} throughout"
    return ""
