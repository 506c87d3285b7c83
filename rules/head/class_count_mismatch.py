"""The head has fewer, or many more, outputs than there are classes."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.edits import set_units
from netlint.facts import Heads


@rule(severity="error", fixes=("unsafe",), beyond=True, needs=(Heads,))
def class_count_mismatch(model: Model, ctx: Context) -> Iterator[Finding]:
    classes = model.task.num_classes
    if classes is None:
        return
    for head in ctx[Heads].unlike(classes):
        few = head.width < classes
        if not few and head.width in Heads.WELL_KNOWN:
            # leftover-imagenet-head tells this.
            continue
        yield ctx.finding(
            head.place,
            f"{head.node.label} makes {head.width} scores, but there are {classes} classes: "
            + (
                f"labels from {head.width} on have no score, and {head.reader.label} reads past the end"
                if few
                else "the others are never the answer and only cost time"
            ),
            related=[(head.reader, "the scores are read here")],
            remedy=f"write `num_output: {classes}`"
            if ctx.model.dialect == "caffe"
            else f"give the layer {classes} outputs",
            edits=set_units(head.node, classes),
            applicability="unsafe",
            severity=None if few else "info",
            node=head.node,
        )
