"""A dense classifier reads the feature map of convolutions that nothing has flattened or pooled."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import UnflattenedHeads
from netlint.model import spell


@rule(severity="warning", on=("Gemm",), needs=(UnflattenedHeads,))
def dense_on_feature_map(node: Node, ctx: Context) -> Iterator[Finding]:
    for found in ctx[UnflattenedHeads].of(node):
        # A map as large as its image has a label a pixel, and sequences have one a step.
        if found.labels is not None or not found.reduced or len(found.shape) < 4 or found.pointwise:
            continue
        yield ctx.finding(
            found.head,
            f"{found.head.label} reads a map {spell(found.shape)} and works on its last axis only, so "
            f"{found.loss.label} gets an answer for each of its positions, {spell(found.answers)}, where a classifier "
            "gives one a sample",
            related=[(found.loss, "the loss wants a label for every position")],
            remedy="put Flatten or global average pooling before the dense layers",
        )
