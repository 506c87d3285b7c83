"""A normaliser over a single element."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes
from netlint.model import Dim, product


@rule(
    severity="error",
    on=("InstanceNormalization", "GroupNormalization", "LayerNormalization", "MeanVarianceNormalization"),
    needs=(Shapes,),
)
def norm_on_single_element(node: Node, ctx: Context) -> Iterator[Finding]:
    shape = ctx[Shapes].arriving(node)
    if not isinstance(shape, tuple) or _together(node, shape) != 1:
        return
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} normalises single numbers: each one minus its own mean is 0, so the output does not depend on "
        "the input at all",
        related=[(before, "makes what is thrown away") for before in list(node.predecessors)[:1]],
        remedy="normalise over more elements (a larger map, more channels in a group), or remove the normaliser",
        node=node,
    )


def _together(node: Node, shape: tuple[Dim, ...]) -> Dim | None:
    """How many numbers are normalised together; None when the definition does not say."""
    if len(shape) < 2:
        return None
    if node.op == "InstanceNormalization":
        return product(shape[2:])
    if node.op == "LayerNormalization":
        axis = node.get("axis", -1)
        return product(shape[axis:]) if isinstance(axis, int) and -len(shape) <= axis < len(shape) else None
    if node.op == "GroupNormalization":
        groups, channels = node.get("num_groups", 0), shape[1]
        if not isinstance(groups, int) or not isinstance(channels, int) or groups < 1 or channels % groups:
            return None
        return product((channels // groups, *shape[2:]))
    if node.dialect != "onnx":
        # Caffe's MVN takes each channel of each image.
        return product(shape[1:] if node.get("across_channels", False) is True else shape[2:])
    axes = node.get("axes", (0, 2, 3))
    if not isinstance(axes, tuple):
        return None
    return product(shape[axis] for axis in axes if isinstance(axis, int) and -len(shape) <= axis < len(shape))
