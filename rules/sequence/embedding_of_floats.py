"""A table of vectors is asked for rows by numbers that are no indices."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts.walk import sole_source, transparent
from netlint.ops import operator


@rule(severity="error", on=("Embedding",))
def embedding_of_floats(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs:
        return
    maker, origin = (sole_source(node.inputs[0].value, passes) for passes in (transparent, _squashes))
    if maker is None or origin is None or not (maker.op in ("Sigmoid", "Tanh", "Softmax") or _gives_fractions(origin)):
        return
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} looks up rows by number, but {maker.label} gives fractions: they are cut to whole numbers, so "
        "nearly all inputs get the same rows, and no gradient passes to what is before",
        related=[(maker, "these are no indices")],
        remedy="feed the indices themselves, or use a Dense layer for numbers",
        node=node,
    )


def _squashes(node: Node) -> bool:
    # What counts or compares gives whole numbers, and has no derivative.
    described = operator(node.op)
    return described.transparent or (described.kind == "activation" and described.differentiable)


def _gives_fractions(node: Node) -> bool:
    if node.op == "keras::Rescaling":
        scale = node.get("scale", 1.0)
        return isinstance(scale, float) and scale != int(scale)
    kind = operator(node.op).kind
    return kind == "normalisation" or node.op == "keras::Normalization" or (kind == "weighted" and bool(node.params))
