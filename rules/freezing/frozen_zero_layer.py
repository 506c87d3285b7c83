"""A frozen layer without filler stays zero."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import add_filler
from netlint.facts import Trainability


@rule(severity="warning", fixes=("unsafe",), learning=True, on=("Conv", "ConvTranspose", "Gemm"), needs=(Trainability,))
def frozen_zero_layer(node: Node, ctx: Context) -> Iterator[Finding]:
    weight, trainability = node.param("weight"), ctx[Trainability]
    if weight is None or weight.lr_mult is None or weight.trainable or not weight.initializer.is_zero:
        return
    if not trainability.training or trainability.weights == "pretrained":
        return
    scratch = trainability.weights == "scratch"
    # Frozen layers without filler are how one fine-tunes; only an upsampler is in no weights file.
    if not scratch and node.op != "ConvTranspose":
        return
    # Fillers everywhere else: no weights from outside are expected.
    filled = bool(trainability.filled) and all(_frozen_upsampler(other) for other in trainability.bare)
    surely = scratch or filled
    missing = "has no weight_filler" if not weight.initializer.declared else "is filled with 0"
    yield ctx.finding(
        weight.lr_mult,
        f"{node.label} is frozen and {missing}: "
        + (
            "its weights are 0 and stay 0, and neither signal nor gradient passes it"
            if surely
            else "unless weights are put into it from outside (as FCN does by net surgery), it stays a map to 0"
        ),
        remedy=(
            'fill it: `weight_filler { type: "bilinear" }`'
            if node.op == "ConvTranspose" and node.dialect == "caffe"
            else "let it learn, or give it weights from outside"
            if node.dialect != "caffe"
            else "let it learn, or give it weights: a filler or a weights file"
        ),
        edits=add_filler(node, "bilinear") if node.get("group", 1) == node.get("out_channels", 0) else (),
        applicability="unsafe",
        severity=None if surely else "info",
        node=node,
    )


def _frozen_upsampler(node: Node) -> bool:
    weight = node.param("weight")
    return node.op == "ConvTranspose" and weight is not None and not weight.trainable
