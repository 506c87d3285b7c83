"""Two nodes in a row of which the second undoes the first."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes
from netlint.model import Elements, Unknown

#: What each operator is undone by.
_UNDONE_BY: Final = {
    "Transpose": "Transpose",
    "Cast": "Cast",
    "Squeeze": "Unsqueeze",
    "Unsqueeze": "Squeeze",
    "Neg": "Neg",
    "Not": "Not",
    "Reciprocal": "Reciprocal",
}

#: Types that hold every number of the one that is named: a cast there and back changes nothing.
_WIDER: Final = {
    "bool": ("int8", "uint8", "int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"),
    "int8": ("int16", "int32", "int64", "float16", "bfloat16", "float32", "float64"),
    "uint8": ("int16", "uint16", "int32", "int64", "float16", "bfloat16", "float32", "float64"),
    "int16": ("int32", "int64", "float32", "float64"),
    "int32": ("int64", "float64"),
    "float16": ("float32", "float64"),
    "bfloat16": ("float32", "float64"),
    "float32": ("float64",),
}


@rule(severity="info", on=tuple(_UNDONE_BY), needs=(Shapes,), dialects=("onnx",))
def cancelling_pair(node: Node, ctx: Context) -> Iterator[Finding]:
    first = node.inputs[0].producer if node.inputs else None
    if first is None or _UNDONE_BY.get(first.op) != node.op or not first.inputs:
        return
    why = _undoes(first, node, ctx[Shapes])
    if why is None:
        return
    alone = len(first.outputs[0].uses) == 1
    yield ctx.finding(
        node,
        f"{node.label} undoes what {first.label} does{why}: " + ("both" if alone else "it") + " can go",
        related=[(first, "this is undone")],
        remedy=f"let the readers of `{node.outputs[0].name}` use `{first.inputs[0].value.name}`",
    )


def _undoes(first: Node, second: Node, shapes: Shapes) -> str | None:
    """How it is undone, in words that may be empty; None where something remains, or nobody can tell."""
    if first.op == "Transpose":
        return _turned_back(first, second, shapes)
    if first.op == "Cast":
        origin, between = first.inputs[0].value.dtype, first.get("to", "")
        if second.get("to", "") != origin or between not in _WIDER.get(origin, ()):
            return None
        return f" ({origin} to {between} and back)"
    if first.op in ("Squeeze", "Unsqueeze"):
        rank = shapes.output(first) if first.op == "Unsqueeze" else shapes.input(first)
        axes = [_axes(node, shapes, rank) for node in (first, second)]
        return "" if axes[0] is not None and axes[0] == axes[1] else None
    # Neg, Not, and Reciprocal, where nobody means the rounding.
    return ""


def _turned_back(first: Node, second: Node, shapes: Shapes) -> str | None:
    shape = shapes.input(first)
    perms = [_perm(node, len(shape) if isinstance(shape, tuple) else 0) for node in (first, second)]
    one, other = perms
    if not one or len(one) != len(other) or sorted(one) != list(range(len(one))):
        return None
    if any(not isinstance(axis, int) or not 0 <= axis < len(one) for axis in other):
        return None
    return " (the axes are where they were)" if [one[axis] for axis in other] == list(range(len(one))) else None


def _perm(node: Node, rank: int) -> list[int]:
    """The order of axes; reversed where the source gives none."""
    perm = node.get("perm", ())
    given = [axis for axis in perm if isinstance(axis, int)] if isinstance(perm, tuple) else []
    return given or list(reversed(range(rank)))


def _axes(node: Node, shapes: Shapes, of: object) -> tuple[int, ...] | None:
    """The axes that are removed or inserted, counted in the longer shape."""
    elements: Elements | object = (
        shapes.elements(node.inputs[1].value) if len(node.inputs) > 1 else node.get("axes", ())
    )
    if not isinstance(elements, tuple) or not elements or any(isinstance(axis, Unknown) for axis in elements):
        return None
    axes = [axis for axis in elements if isinstance(axis, int)]
    if any(axis < 0 for axis in axes):
        if not isinstance(of, tuple):
            return None
        axes = [axis % len(of) if of else axis for axis in axes]
    return tuple(sorted(axes))
