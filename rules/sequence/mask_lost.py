"""The mask of padded steps ends at a layer that knows no masks."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts.walk import reached
from netlint.ops import operator

#: Layers of Keras without `supports_masking`: the mask ends there, with a warning (keras/src/layers/layer.py).
_ENDS: Final = frozenset(
    (
        *("Conv1D", "SeparableConv1D", "DepthwiseConv1D", "Conv1DTranspose", "Conv2D", "MaxPooling1D"),
        *("AveragePooling1D", "Reshape", "Permute", "Cropping1D", "ZeroPadding1D", "UpSampling1D", "EinsumDense"),
    )
)
_RECURRENT: Final = ("LSTM", "GRU", "RNN")


@rule(severity="warning", on=("Embedding", "keras::Masking"), dialects=("keras",))
def mask_lost(node: Node, ctx: Context) -> Iterator[Finding]:
    if node.op == "Embedding" and node.get("mask_zero", False) is not True:
        return
    for _ in range(32):
        uses = [edge for value in node.outputs for edge in value.uses]
        if len(uses) != 1 or uses[0].slot:
            return
        maker, node = node, uses[0].node
        if node.dialect_op in _ENDS:
            break
        kind = operator(node.op).kind
        if kind not in ("dropout", "activation", "normalisation") and node.op != "Gemm":
            return
    else:
        return
    reader = next((other for other in _behind(node) if other.op in _RECURRENT), None)
    if reader is None:
        return
    origin = _origin(maker)
    yield ctx.finding(
        node,
        f"{node.label} knows no masks, so the padding that {origin.label} marks reaches {reader.label} as if it were "
        "data: short sequences end in steps of nothing",
        related=[(origin.place("mask_zero", "mask_value"), "the mask begins here"), (reader, "reads the padding")],
        remedy=f"remove {node.label} from between, or drop the mask and keep sequences of one length together",
    )


def _behind(node: Node) -> list[Node]:
    found = reached([node], lambda other: other.successors)
    return [other for other in found if other is not node]


def _origin(node: Node) -> Node:
    while node.op not in ("Embedding", "keras::Masking"):
        before = node.inputs[0].producer
        if before is None:
            break
        node = before
    return node
