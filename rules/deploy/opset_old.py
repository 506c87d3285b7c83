"""A model for an opset that runtimes are dropping."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Shapes
from netlint.model import spell

_SOFTMAX: Final = ("Softmax", "LogSoftmax", "Hardmax")

#: Below it the whole model is told; from the other one on Softmax works along one axis.
_FIRST_TOLD: Final = 9
_PER_AXIS: Final = 13


@rule(severity="info", needs=(Shapes,))
def opset_old(model: Model, ctx: Context) -> Iterator[Finding]:
    yield from ctx.problems()
    yield from _flattened(model, ctx)


def _flattened(model: Model, ctx: Context) -> Iterator[Finding]:
    """Softmax over all axes from one on, as it was before opset 13, where later ones compare along that axis alone."""
    shapes = ctx[Shapes]
    if not _FIRST_TOLD <= model.opsets.get("", 0) < _PER_AXIS:
        return
    found: list[tuple[Node, int]] = []
    for op in _SOFTMAX:
        for node in model.by_op.get(op, ()):
            shape, axis = shapes.input(node), node.get("axis", 1)
            if not isinstance(shape, tuple) or not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
                continue
            # Axes of one element make no difference.
            if any(isinstance(dim, int) and dim > 1 for dim in shape[axis % len(shape) + 1 :]):
                found.append((node, axis))
    if found:
        node, axis = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        yield ctx.finding(
            node.place("axis"),
            f"{node.label}{more} compares all elements from axis {axis} of {spell(shapes.input(node))} on with each "
            "other: so it was before opset 13, later ones compare along that axis alone",
            remedy="check that this is meant, and convert the model with `onnx.version_converter`, never by "
            "raising the "
            "number",
            node=node,
        )
