"""BatchNormalization right behind a convolution, in a model that is only run."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, rule
from netlint.facts import Trainability
from netlint.facts.weights import stored_behind

_LINEAR: Final = ("Conv", "ConvTranspose", "Gemm")


@rule(severity="info", needs=(Trainability,), dialects=("onnx",))
def unfused_batchnorm(model: Model, ctx: Context) -> Iterator[Finding]:
    if not ctx[Trainability].finished:
        return
    pairs = [(node, before) for node in model.by_op.get("BatchNormalization", ()) if (before := _folds_into(node))]
    if not pairs:
        return
    node, before = pairs[0]
    others = len(pairs) - 1
    more = f" (and {others} more like it)" if others else ""
    yield ctx.finding(
        node,
        f"{node.label}{more} stands right behind {before.label} in a model that is only run: its scale and "
        "shift could be "
        "a part of the weights, which saves a pass over the whole map",
        related=[(before, "it could be folded into this layer")],
        remedy="fold them with an optimiser before shipping; ONNX Runtime and TensorRT do it while loading, small "
        "runtimes do not",
    )


def _folds_into(node: Node) -> Node | None:
    before = node.inputs[0].producer if node.inputs else None
    if before is None or before.op not in _LINEAR or len(before.outputs[0].uses) != 1:
        return None
    constant = (
        all(stored_behind(node, slot) is not None for slot in range(1, 5)) and stored_behind(before, 1) is not None
    )
    return before if constant and node.get("training_mode", 0) == 0 else None
