"""Attention: queries, keys and values, with heads as an axis (4 axes) or packed into the last one (3 axes)."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, plus, spell, times
from netlint.ops.activation import same
from netlint.ops.arithmetic import called, differ, integer, refused, undetermined
from netlint.ops.constants import shares
from netlint.ops.operator import Arrived, Operator, Outcome, Report

Heads = tuple[Dim, Dim, Dim, Dim]


def _unpacked(shape: Shape, heads: Dim) -> Heads | None:
    """(batch, heads, length, width) of queries, keys or values; None when unknown."""
    if isinstance(shape, tuple) and len(shape) == 4:
        return shape[0], shape[1], shape[2], shape[3]
    if isinstance(shape, tuple) and len(shape) == 3:
        return shape[0], heads, shape[1], shares(shape[2], heads)
    return None


def attend(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`Q (N, h, T, d), K (N, g, S, d), V (N, g, S, e) -> (N, h, T, e)`, the keys and values with what was cached, and
    the scores `(N, h, T, past + S)` (ONNX Attention)."""
    if len(inputs) < 3:
        return undetermined(node)
    asking, holding = (_heads(node, name) for name in ("q_num_heads", "kv_num_heads"))
    for slot, count in ((0, asking), (1, holding), (2, holding)):
        if not _divides(node, inputs, report, slot, count):
            return undetermined(node)
    q, k, v = (_unpacked(inputs[slot], heads) for slot, heads in ((0, asking), (1, holding), (2, holding)))
    if q is None or k is None or v is None:
        return _partly(node, q, inputs)
    if differ(q[3], k[3]):
        return refused(
            node,
            inputs,
            report,
            "matmul-mismatch",
            f"{node.label} compares queries of width {q[3]} ({called(node, 0)} {spell(inputs[0])}) with keys of width "
            f"{k[3]} ({called(node, 1)} {spell(inputs[1])})",
            slots=(0, 1),
            remedy="give queries and keys one width",
        )
    if differ(k[2], v[2]):
        return refused(
            node,
            inputs,
            report,
            "merge-shape-mismatch",
            f"{node.label} has {k[2]} keys ({spell(inputs[1])}) but {v[2]} values ({spell(inputs[2])})",
            slots=(1, 2),
            remedy="give each key one value",
        )
    groups, members = q[1], k[1]
    if isinstance(groups, int) and isinstance(members, int) and (members < 1 or groups % members):
        return refused(
            node,
            inputs,
            report,
            "gqa-heads-not-dividing",
            f"{node.label} has {groups} query heads and {members} key heads: {groups} is not a multiple of {members}",
            at=node.place("kv_num_heads", "q_num_heads"),
            slots=(0, 1),
            remedy="use a number of key heads that divides the query heads",
        )
    past = 0 if not inputs.given(4) else _past(inputs[4])
    total = plus(past, k[2])
    packed = isinstance(inputs[0], tuple) and len(inputs[0]) == 3
    result: Shape = (q[0], q[2], times(q[1], v[3])) if packed else (q[0], q[1], q[2], v[3])
    outputs: tuple[Shape, ...] = (
        result,
        (k[0], k[1], total, k[3]),
        (v[0], v[1], total, v[3]),
        (q[0], q[1], q[2], total),
    )
    return Outcome(outputs[: len(node.outputs)])


def _heads(node: Node, name: str) -> Dim:
    value = node.get(name, UNKNOWN)
    return value if isinstance(value, int) and value > 0 else UNKNOWN


def _past(shape: Shape) -> Dim:
    return shape[2] if isinstance(shape, tuple) and len(shape) == 4 else UNKNOWN


def _divides(node: Node, inputs: Arrived, report: Report, slot: int, heads: Dim) -> bool:
    shape = inputs[slot]
    if isinstance(shape, Unknown):
        return True
    if len(shape) not in (3, 4):
        refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} needs 3 or 4 axes from {called(node, slot)}, but gets {spell(shape)}",
            slots=(slot,),
            remedy="pack the heads into the last axis, or give them an axis of their own",
        )
        return False
    width = shape[-1]
    if len(shape) == 3 and isinstance(width, int) and isinstance(heads, int) and width % heads:
        refused(
            node,
            inputs,
            report,
            "heads-not-dividing",
            f"{node.label} cuts {width} features of {called(node, slot)} into {heads} heads, which does not come out "
            "even",
            slots=(slot,),
            remedy=f"use a number of heads that divides {width}",
        )
        return False
    return True


def _partly(node: Node, q: Heads | None, inputs: Arrived) -> Outcome:
    packed = isinstance(inputs[0], tuple) and len(inputs[0]) == 3
    if q is None:
        return undetermined(node)
    first: Shape = (q[0], q[2], UNKNOWN) if packed else (q[0], q[1], q[2], UNKNOWN)
    return Outcome((first, *(UNKNOWN,) * (len(node.outputs) - 1))[: len(node.outputs)])


def flexible(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Four axes always; the heads' scores are changed by bodies, whose outputs arrive behind (FlexAttention)."""
    return attend(node, Arrived(inputs[:3], node, {}), report) if len(inputs) > 2 else undetermined(node)


def linear_attention(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`Q (N, T, h d), K (N, T, g d), V (N, T, g e) -> (N, T, h e), state (N, g, d, e)` (ONNX LinearAttention)."""
    if len(inputs) < 3:
        return undetermined(node)
    asking, holding = _heads(node, "q_num_heads"), _heads(node, "kv_num_heads")
    q, k, v = (_unpacked(inputs[slot], heads) for slot, heads in ((0, asking), (1, holding), (2, holding)))
    if q is None or k is None or v is None:
        return undetermined(node)
    outputs: tuple[Shape, ...] = ((q[0], q[2], times(q[1], v[3])), (q[0], holding, k[3], v[3]))
    return Outcome(outputs[: len(node.outputs)])


def rotate(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; pairs of features are turned, so that what is turned must be even (ONNX RotaryEmbedding)."""
    shape = inputs[0] if inputs else UNKNOWN
    turned = integer(node, "rotary_embedding_dim", 0)
    if turned == 0 and isinstance(shape, tuple):
        heads = _heads(node, "num_heads")
        turned = shape[3] if len(shape) == 4 else shares(shape[2], heads) if len(shape) == 3 else UNKNOWN
    if isinstance(turned, int) and turned % 2:
        return refused(
            node,
            inputs,
            report,
            "rope-odd-dim",
            f"{node.label} turns pairs of features, but each head of {called(node, 0)} {spell(shape)} has {turned}",
            remedy="use an even head width, or an even `rotary_embedding_dim`",
        )
    return Outcome((shape,) * len(node.outputs))


def grouped_query(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`query (N, T, h d), key (N, S, g d), value (N, S, g d), past... -> (N, T, h d), present...`; packed, the query
    holds all three: `(N, T, (h + 2 g) d)` (onnxruntime GroupQueryAttention)."""
    shape = inputs[0] if inputs else UNKNOWN
    asking, holding = _heads(node, "num_heads"), _heads(node, "kv_num_heads")
    if isinstance(asking, int) and isinstance(holding, int) and asking % holding:
        return refused(
            node,
            inputs,
            report,
            "gqa-heads-not-dividing",
            f"{node.label} has {asking} query heads and {holding} key heads: {asking} is not a multiple of {holding}",
            at=node.place("kv_num_heads", "num_heads"),
            slots=(),
            remedy="use a number of key heads that divides the query heads",
        )
    first: Shape = UNKNOWN
    if isinstance(shape, tuple) and len(shape) == 3:
        packed = not inputs.given(1)
        width = times(shares(shape[2], plus(asking, times(holding, 2))), asking) if packed else shape[2]
        first = (shape[0], shape[1], width)
    return Outcome((first, *(UNKNOWN,) * (len(node.outputs) - 1))[: len(node.outputs)])


def multi_head(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`query (N, T, D), key, value (N, S, E) -> (N, T, E)`; packed queries have 5 axes and others too, of which nothing
    is said (onnxruntime MultiHeadAttention)."""
    shape = inputs[0] if inputs else UNKNOWN
    value = inputs[2] if len(inputs) > 2 and inputs.given(2) else UNKNOWN
    first: Shape = UNKNOWN
    if isinstance(shape, tuple) and len(shape) == 3:
        width = value[2] if isinstance(value, tuple) and len(value) == 3 else UNKNOWN
        first = (shape[0], shape[1], width)
    return Outcome((first, *(UNKNOWN,) * (len(node.outputs) - 1))[: len(node.outputs)])


def packed(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, T, I), weight (I, 3 D) -> (N, T, D)`; `qkv_hidden_sizes` names other widths (onnxruntime Attention)."""
    shape, weight = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    first: Shape = UNKNOWN
    if isinstance(shape, tuple) and len(shape) == 3:
        width: Dim = UNKNOWN
        if "qkv_hidden_sizes" in node.attrs:
            sizes = node.get("qkv_hidden_sizes", ())
            last = sizes[2] if isinstance(sizes, tuple) and len(sizes) == 3 else UNKNOWN
            width = last if isinstance(last, int) else UNKNOWN
        elif isinstance(weight, tuple) and len(weight) == 2:
            width = shares(weight[1], 3)
        first = (shape[0], shape[1], width)
    return Outcome((first, *(UNKNOWN,) * (len(node.outputs) - 1))[: len(node.outputs)])


OPERATORS = (
    Operator("Attention", attend),
    Operator("ai.onnx.preview::FlexAttention", flexible),
    Operator("LinearAttention", linear_attention),
    Operator("RotaryEmbedding", rotate, linear=True),
    Operator("com.microsoft::RotaryEmbedding", same, linear=True),
    Operator("com.microsoft::GroupQueryAttention", grouped_query),
    Operator("com.microsoft::MultiHeadAttention", multi_head),
    Operator("com.microsoft::DecoderMaskedMultiHeadAttention", multi_head),
    Operator("com.microsoft::Attention", packed, kind="weighted", roles={1: "weight", 2: "bias"}),
)
