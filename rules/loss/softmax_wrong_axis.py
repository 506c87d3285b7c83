"""The softmax of a classifier runs over the samples or the pixels."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import write
from netlint.facts import Paths, Shapes
from netlint.facts.walk import Passes, reached, upstream
from netlint.model import Dim, spell
from netlint.ops import operator


@rule(severity="error", fixes=("unsafe",), on=("Softmax", "LogSoftmax"), needs=(Paths, Shapes))
def softmax_wrong_axis(node: Node, ctx: Context) -> Iterator[Finding]:
    shape, axis = ctx[Shapes].input(node), node.get("axis", 1)
    if not isinstance(shape, tuple) or not isinstance(axis, int) or node.get("flattens", 0) == 1:
        return
    rank = len(shape)
    if not -rank <= axis < rank or rank < 2 or shape[axis] == 1:
        return
    axis %= rank
    # Attention, spatial softmaxes and routing run over any axis: only a classifier's last word must be over classes.
    if not ctx[Paths].is_final_squash(node):
        return
    if axis == 0 and _scores_a_batch(node, shape, ctx):
        what = (
            f"runs over axis 0 of {spell(shape)}, the samples: the scores of one class compete across the batch, and "
        )
        what += "with one sample every probability is 1"
    elif axis in (1, 2) and rank == 4 and _turned(node):
        what = (
            f"runs over axis {axis} of {spell(shape)}, the {'height' if axis == 1 else 'width'} of the map since the "
        )
        what += "channels were moved to the end"
    else:
        return
    word = node.attrs["axis"].word if "axis" in node.attrs else "axis"
    yield ctx.finding(
        node.place("axis"),
        f"{node.label} {what}",
        related=[(before, "makes the scores") for before in list(node.predecessors)[:1]],
        edits=write(node.attrs.get("axis"), "-1") if rank in (2, 4) else (),
        applicability="unsafe",
        remedy=f"set {word} to -1" if rank == 4 or rank == 2 else f"set {word} to that of the classes",
        node=node,
    )


def _scores_a_batch(node: Node, shape: tuple[Dim, ...], ctx: Context) -> bool:
    """A weighted layer makes the scores, of values whose first axis is that of the model's inputs."""
    scorer = _scorer(node)
    if scorer is None or not scorer.params:
        return False
    below = ctx[Shapes].input(scorer)
    above = reached([scorer], lambda other: other.predecessors)
    inputs = [ctx[Shapes].output(other) for other in above if other.op == "Input"]
    return (
        isinstance(below, tuple)
        and below[:1] == shape[:1]
        and bool(inputs)
        and all(isinstance(given, tuple) and len(given) > 1 and given[:1] == shape[:1] for given in inputs)
    )


def _scorer(node: Node) -> Node | None:
    makers = list(upstream(node.inputs[0].value, _elementwise)) if node.inputs else []
    return makers[0] if len(makers) == 1 else None


def _turned(node: Node) -> bool:
    """The value comes, element by element, from a Transpose of channels-first to channels-last."""
    maker = _scorer(node)
    return maker is not None and maker.op == "Transpose" and maker.get("perm", ()) == (0, 2, 3, 1)


def _passes(node: Node) -> bool:
    if node.op == "Add":
        return sum(not edge.value.stored for edge in node.inputs) == 1
    return operator(node.op).kind in ("activation", "affine", "dropout") or node.op in ("Identity", "Cast")


_elementwise: Passes = _passes
