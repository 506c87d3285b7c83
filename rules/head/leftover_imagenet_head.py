"""The head still has the width of a public data set, but there are fewer classes."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, rule
from netlint.facts import Heads


@rule(severity="warning", needs=(Heads,))
def leftover_imagenet_head(model: Model, ctx: Context) -> Iterator[Finding]:
    classes = model.task.num_classes
    if classes is None:
        return
    for head in ctx[Heads].unlike(classes):
        known = Heads.WELL_KNOWN.get(head.width)
        if known is None or head.width < classes:
            continue
        yield ctx.finding(
            head.place,
            f"{head.node.label} still has the {head.width} outputs of {known}, but there are {classes} classes",
            related=[(head.reader, "the scores are read here")],
            remedy=f"write `num_output: {classes}`, and give the layer a new name, so that no old weights are loaded"
            if ctx.model.dialect == "caffe"
            else f"give the layer {classes} outputs, and train it anew",
            node=head.node,
        )
