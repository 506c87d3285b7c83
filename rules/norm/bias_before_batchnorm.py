"""A bias directly before BatchNorm is cancelled."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.edits import without_bias
from netlint.facts import Paths, Shapes, Trainability


@rule(severity="info", fixes=("unsafe",), on=("Conv", "ConvTranspose", "Gemm"), needs=(Paths, Shapes, Trainability))
def bias_before_batchnorm(node: Node, ctx: Context) -> Iterator[Finding]:
    bias = node.param("bias")
    norm = ctx[Paths].only_successor(node) if bias is not None else None
    # Stored statistics do not follow the bias; and a finished model needs the bias that it was trained with.
    if bias is None or norm is None or norm.op != "BatchNormalization":
        return
    if node.dialect == "onnx":
        yield _foldable(node, norm, ctx)
        return
    if norm.get("training_mode", 1) == 0:
        return
    if not ctx[Trainability].learns or not _by_channel(node, norm, ctx):
        return
    yield ctx.finding(
        node.place("bias"),
        f"the bias of {node.label} has no effect: {norm.label} subtracts each channel's mean, and the bias with it",
        related=[(norm, "the mean is subtracted here")],
        remedy=_REMEDIES.get(node.dialect, "leave the bias out: the normaliser has a shift of its own"),
        edits=without_bias(node),
        # Stored weights with this bias no longer fit the layer.
        applicability="unsafe",
        node=node,
    )


def _by_channel(node: Node, norm: Node, ctx: Context) -> bool:
    """The normaliser's channels are the layer's outputs."""
    axis, shape = norm.get("axis", 1), ctx[Shapes].input(norm)
    last = node.channels_last or node.get("axis", 1) == -1
    if isinstance(axis, int) and isinstance(shape, tuple) and -len(shape) <= axis < len(shape):
        return axis % len(shape) == (len(shape) - 1 if last else 1)
    return axis == (-1 if last else 1) and node.get("axis", 1) in (1, -1)


_REMEDIES = {
    "caffe": "set `bias_term: false`; the Scale after the BatchNorm has a bias of its own",
    "keras": "set `use_bias=False`; the BatchNormalization has a shift of its own",
}


def _foldable(node: Node, norm: Node, ctx: Context) -> Finding:
    """Stored weights were trained with their bias: it is not wrong, only written twice."""
    return ctx.finding(
        node.inputs[2] if len(node.inputs) > 2 else node,
        f"the bias of {node.label} has no effect of its own: {norm.label} subtracts each channel's mean, of which it "
        "is a part",
        related=[(norm, "the mean is subtracted here")],
        remedy="train without this bias; in a finished model subtract it from the stored mean, or fold both layers "
        "into one",
        node=node,
    )
