"""A table of vectors is asked for rows by numbers that are no indices."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts.walk import sole_source, transparent
from netlint.ops import operator


@rule(severity="error", on=("Embedding",))
def embedding_of_floats(node: Node, ctx: Context) -> Iterator[Finding]:
    maker = sole_source(node.inputs[0].value, transparent) if node.inputs else None
    if maker is None:
        return
    scaled = maker.op in ("keras::Rescaling", "keras::Normalization") and maker.get("scale", 0.5) not in (1, 1.0)
    bounded = operator(maker.op).activation
    # A table behind a threshold or an argmax is a lookup; a softmax, a layer or a normaliser gives no numbers to count.
    learned = (operator(maker.op).kind == "weighted" and bool(maker.params)) or (
        bounded is not None and maker.op in ("Sigmoid", "Tanh", "Softmax")
    )
    if not scaled and not learned and operator(maker.op).kind != "normalisation" and maker.op != "Softmax":
        return
    yield ctx.finding(
        node.inputs[0],
        f"{node.label} looks up rows by number, but {maker.label} gives fractions: they are cut to whole numbers, so "
        "nearly all inputs get the same rows, and no gradient passes to what is before",
        related=[(maker, "these are no indices")],
        remedy="feed the indices themselves, or use a Dense layer for numbers",
        node=node,
    )
