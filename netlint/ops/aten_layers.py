"""PyTorch's layers with weights where ONNX has no name for them: recurrent ones, dense ones with computed weights."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, spell, times
from netlint.ops.arithmetic import called, differ, integer, refused, undetermined
from netlint.ops.broadcast import wider
from netlint.ops.matmul import multiplied
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def recurrent(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`x (T, N, I) -> (T, N, D H), the last state (L D, N, H)`, for an LSTM also the last cell; `batch_first` swaps T
    and N; without a batch axis N is left out; with a projection the outputs have its width (torch.nn.RNNBase).

    The first weight behind the states is `(gates H, I)`.
    """
    states = 2 if node.op == "aten::lstm" else 1
    shape = inputs[0] if inputs else UNKNOWN
    first = 1 + states
    weight = inputs[first] if first < len(inputs) else UNKNOWN
    recurrent_weight = inputs[first + 1] if first + 1 < len(inputs) else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) not in (2, 3) or isinstance(weight, Unknown) or len(weight) != 2:
        return undetermined(node)
    if differ(weight[1], shape[-1]):
        return refused(
            node,
            inputs,
            report,
            "dense-input-mismatch",
            f"{node.label} is made for {weight[1]} features ({called(node, first)} {spell(weight)}), but its sequence "
            f"{spell(shape)} has {shape[-1]}",
            slots=(first, 0),
            remedy=f"set `input_size` to {shape[-1]}, or feed it {weight[1]} features",
        )
    gates, rows = integer(node, "gates", 1), weight[0]
    hidden: Dim = rows // gates if isinstance(rows, int) and isinstance(gates, int) and gates > 0 else UNKNOWN
    # A projection makes the recurrent weight narrower than the cell.
    wide: Dim = recurrent_weight[1] if isinstance(recurrent_weight, tuple) and len(recurrent_weight) == 2 else UNKNOWN
    directions = 2 if node.get("bidirectional", False) is True else 1
    layers = times(integer(node, "num_layers", 1), directions)
    batch: tuple[Dim, ...] = ()
    if len(shape) == 3:
        batch = (shape[0],) if node.get("batch_first", False) is True else (shape[1],)
    outputs: tuple[Shape, ...] = (
        (*shape[:-1], times(wide, directions)),
        (layers, *batch, wide),
        (layers, *batch, hidden),
    )
    return Outcome(outputs[: len(node.outputs)])


def cell(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`x (N, I), state (N, H) -> state (N, H)`, for an LSTM two of them; the weight is `(gates H, I)`."""
    states = 2 if node.get("gates", 1) == 4 else 1
    weight = inputs[1 + states] if len(inputs) > 1 + states else UNKNOWN
    shape, state = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(shape, Unknown) or isinstance(weight, Unknown) or not shape or len(weight) != 2:
        return Outcome((state,) * len(node.outputs))
    if differ(weight[1], shape[-1]):
        return refused(
            node,
            inputs,
            report,
            "dense-input-mismatch",
            f"{node.label} is made for {weight[1]} features, but its input {spell(shape)} has {shape[-1]}",
            slots=(1 + states, 0),
            remedy=f"set `input_size` to {shape[-1]}, or feed it {weight[1]} features",
        )
    return Outcome((state,) * len(node.outputs))


def dense(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`x (..., in), weight (out, in) -> (..., out)` (torch.nn.functional.linear)."""
    weight = inputs[1] if len(inputs) > 1 else UNKNOWN
    if isinstance(weight, Unknown) or not inputs:
        return undetermined(node)
    turned = tuple(reversed(weight)) if len(weight) < 3 else UNKNOWN
    return multiplied(node, inputs, report, inputs[0], turned, (0, 1))


def product_and_sum(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`a (N, n, m), b (N, m, p) -> (N, n, p)`, to which the third input is added (torch.baddbmm)."""
    if len(inputs) < 2:
        return undetermined(node)
    return multiplied(node, inputs, report, inputs[0], inputs[1], (0, 1))


def attention(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`q (..., T, d), k (..., S, d), v (..., S, e) -> (..., T, e)` (scaled_dot_product_attention)."""
    if len(inputs) < 3:
        return undetermined(node)
    q, k, v = inputs[:3]
    if isinstance(q, Unknown) or isinstance(k, Unknown) or isinstance(v, Unknown):
        return undetermined(node)
    if min(len(q), len(k), len(v)) < 2:
        return undetermined(node)
    if differ(q[-1], k[-1]):
        return refused(
            node,
            inputs,
            report,
            "matmul-mismatch",
            f"{node.label} compares queries of width {q[-1]} ({called(node, 0)} {spell(q)}) with keys of width {k[-1]} "
            f"({called(node, 1)} {spell(k)})",
            slots=(0, 1),
            remedy="give queries and keys one width",
        )
    batch = wider(q[:-2], v[:-2])
    first: Shape = UNKNOWN if batch is None else (*batch, q[-2], v[-1])
    return Outcome((first, *(UNKNOWN,) * (len(node.outputs) - 1))[: len(node.outputs)])


def bilinear(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(..., a), (..., b), weight (out, a, b) -> (..., out)` (torch.nn.Bilinear)."""
    if len(inputs) < 3 or isinstance(inputs[0], Unknown) or isinstance(inputs[2], Unknown) or len(inputs[2]) != 3:
        return undetermined(node)
    return Outcome(((*inputs[0][:-1], inputs[2][0]),) * len(node.outputs))


OPERATORS = (
    *(Operator(f"aten::{name}", recurrent, kind="weighted") for name in ("lstm", "gru", "rnn_tanh", "rnn_relu")),
    Operator("aten::recurrent_cell", cell, kind="weighted"),
    Operator("aten::linear", dense, kind="weighted", linear=True, roles={1: "weight", 2: "bias"}),
    Operator("aten::baddbmm", product_and_sum, kind="merge"),
    Operator("aten::scaled_dot_product_attention", attention),
    Operator("aten::bilinear", bilinear, kind="weighted"),
)
