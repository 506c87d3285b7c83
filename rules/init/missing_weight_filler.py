"""Weighted layers without an initialiser start at exactly zero."""

from collections.abc import Iterator

from netlint import Context, Finding, Model, Node, rule
from netlint.edits import Edits, add_filler
from netlint.facts import Paths, Trainability


@rule(severity="warning", fixes=("unsafe",), needs=(Paths, Trainability), dialects=("caffe",))
def missing_weight_filler(model: Model, ctx: Context) -> Iterator[Finding]:
    trainability, paths = ctx[Trainability], ctx[Paths]
    # A frozen layer without filler has a rule of its own: frozen-zero-layer.
    bare = [node for node in trainability.bare if not trainability.frozen(node)]
    scratch = trainability.weights == "scratch" and trainability.learns
    if not (trainability.training or scratch) or not bare or trainability.weights == "pretrained":
        return
    if scratch:
        for node in bare:
            yield ctx.finding(
                node,
                f"{node.label} has no weight_filler, so Caffe starts its weights at exactly 0, and training starts "
                "from scratch: every unit computes the same, and no gradient reaches the layers below",
                remedy='add `weight_filler { type: "msra" }` (before ReLU) or "xavier"',
                edits=_filler(node, paths),
                applicability="unsafe",
                severity="error",
            )
        return
    if not trainability.filled:
        yield ctx.finding(
            bare[0],
            f"{bare[0].label} and every other weighted layer ({len(bare)} in all) lack a weight_filler: without a "
            "weights file all of them start at exactly 0 and nothing can be learned",
            remedy="start from pretrained weights, or give each layer a weight_filler (`--from-scratch` lists them)",
            severity="info",
        )
        return
    # A bare body below a head with a filler is how one fine-tunes. The other way round is a forgotten filler.
    heads = [node for node in bare if paths.is_head(node)]
    if len(heads) == len(bare):
        for node in heads:
            yield ctx.finding(
                node,
                f"{node.label} is the head and has no weight_filler, though the layers below it have one: its weights "
                "start at exactly 0, and at first no gradient passes below it",
                related=[(trainability.filled[0], "this layer has a filler")],
                remedy='add `weight_filler { type: "xavier" }`',
                edits=_filler(node, paths),
                applicability="unsafe",
            )


def _filler(node: Node, paths: Paths) -> Edits:
    units = node.get("out_channels", 0)
    if node.op == "ConvTranspose" and node.get("group", 1) == units:
        return add_filler(node, "bilinear")
    return add_filler(node, {"kaiming": "msra"}.get(paths.suited_start(node), "xavier"))
