"""A Reshape cuts the batch in another way than into its samples."""

from collections.abc import Iterator
from math import prod
from typing import Final

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Shapes
from netlint.facts.walk import reached
from netlint.model import Dim, Symbol, spell

#: Names that people and exporters give to the axis of samples.
_BATCH: Final = frozenset(("n", "b", "bs", "bsz"))


@rule(severity="warning", needs=(Shapes,), dialects=("onnx",), unless=("batch-baked-in",))
def reshape_mixes_batch(model: Model, ctx: Context) -> Iterator[Finding]:
    shapes = ctx[Shapes]
    inputs = [shapes.output(node) for node in model.by_op.get("Input", ())]
    batches = {shape[0] for shape in inputs if isinstance(shape, tuple) and shape and _is_batch(shape[0])}
    if not batches:
        return
    for node in model.by_op.get("Reshape", ()):
        given, result = shapes.input(node), shapes.output(node)
        if not isinstance(given, tuple) or not isinstance(result, tuple) or not given or given[0] not in batches:
            continue
        cost = _mixed(given, result)
        if cost and not _undone(node, given[0], shapes):
            yield ctx.finding(
                node.inputs[1] if len(node.inputs) > 1 else node,
                f"{node.label} reshapes {spell(given)} to {spell(result)}, and nothing below it restores the batch "
                f"`{given[0]}`: {cost}",
                remedy=f"keep the first extent ({spell((given[0], _rest(given)))}), and let -1 stand for the features",
                node=node,
            )


def _is_batch(dim: Dim) -> bool:
    return isinstance(dim, Symbol) and ("batch" in str(dim).lower() or str(dim).lower() in _BATCH)


def _rest(shape: tuple[Dim, ...]) -> Dim:
    return prod(dim for dim in shape[1:] if isinstance(dim, int)) if _known(shape[1:]) else -1


def _known(dims: tuple[Dim, ...]) -> bool:
    return all(isinstance(dim, int) and dim > 0 for dim in dims)


def _mixed(given: tuple[Dim, ...], result: tuple[Dim, ...]) -> str:
    """What becomes of the samples, in words; empty where each keeps to itself, or where nobody can tell."""
    batch, features = given[0], given[1:]
    if not _known(features) or batch in result or not result:
        return ""
    # Whole samples side by side: the frames of a film, the views of a scene.
    if result[-len(features) :] == features and features:
        return ""
    if isinstance(result[0], int):
        return "all samples are laid out in one row" if result[0] == 1 and len(result) > 1 else ""
    if not _known(result[1:]):
        return ""
    sample = prod(dim for dim in features if isinstance(dim, int))
    row = prod(dim for dim in result[1:] if isinstance(dim, int))
    if sample % row:
        return f"a sample has {sample} elements and a row {row}, so samples run into each other"
    return ""


def _undone(node: Node, batch: Dim, shapes: Shapes) -> bool:
    """Further down some value has the batch again, or nobody can tell."""
    below = reached([node], lambda other: other.successors) - {node}
    found = [shapes[value] for other in below for value in other.outputs]
    return any(not isinstance(shape, tuple) or batch in shape for shape in found)
