"""A stretch of double precision in a model of single precision."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, Value, rule
from netlint.facts.walk import reached

_NARROW: Final = ("float32", "float16", "bfloat16")


@rule(severity="warning", dialects=("onnx", "torch"))
def float64_tensor(model: Model, ctx: Context) -> Iterator[Finding]:
    doubles = [value.producer for value in model.values if value.dtype == "float64" and value.producer is not None]
    # A model that takes or gives doubles is meant to.
    if not doubles or _means_doubles(model):
        return
    told: set[Node] = set()
    for node in doubles:
        if node in told:
            continue
        island = reached([node], _double_neighbours)
        told |= island
        place = _entrance(island, model)
        leaves = [edge.node for one in island for value in one.outputs for edge in value.uses if _narrows(edge.node)]
        if place is None or not leaves:
            continue
        owner = place.uses[0].node if isinstance(place, Value) else place
        label = f"the stored tensor `{place.name}`" if isinstance(place, Value) else place.label
        count = f"{len(island)} node{'s compute' if len(island) > 1 else ' computes'}"
        constant = any(edge.value.stored for one in island for edge in one.inputs if edge.value.dtype == "float64")
        yield ctx.finding(
            place,
            f"{label} brings double precision into a model of single precision: {count} in float64 until "
            f"{leaves[0].label}, slower and on many runtimes without an implementation",
            related=[(leaves[0], "here it becomes narrower again")],
            remedy="write the constant as float32 (numpy and Python make doubles), and leave the casts out"
            if constant
            else "leave the casts out, unless the precision is needed here",
            # Without a constant that wants it, somebody has cast on purpose.
            severity="warning" if constant else "info",
            node=owner,
        )


def _means_doubles(model: Model) -> bool:
    """Doubles among the model's inputs or outputs, or nothing narrower anywhere."""
    inputs = [value for node in model.by_op.get("Input", ()) for value in node.outputs]
    border = [*inputs, *(model.results or ())]
    return any(value.dtype == "float64" for value in border) or not any(value.dtype in _NARROW for value in border)


def _double_neighbours(node: Node) -> Iterator[Node]:
    """Nodes that make doubles and stand next to this one."""
    for edge in node.inputs:
        maker = edge.value.producer
        if edge.value.dtype == "float64" and maker is not None:
            yield maker
    for value in node.outputs:
        if value.dtype == "float64":
            for edge in value.uses:
                if any(output.dtype == "float64" for output in edge.node.outputs):
                    yield edge.node


def _entrance(island: set[Node], model: Model) -> Node | Value | None:
    """Where the signal becomes double, else the stored tensor that does it; None for sums of shapes and the like."""
    for node in model.by_op.get("Cast", ()):
        if node in island and node.inputs and node.inputs[0].value.dtype in _NARROW:
            return node
    for value in model.stored:
        large = value.dtype == "float64" and value.shape not in ((), (1,))
        if large and any(edge.node in island for edge in value.uses):
            return value
    return None


def _narrows(node: Node) -> bool:
    return node.op in ("Cast", "CastLike") and any(value.dtype in _NARROW for value in node.outputs)
