"""Recurrent layers as Keras has them: the batch stands first, the weights belong to the layer."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, minus, plus, quotient, spell, times
from netlint.ops.arithmetic import integer, integers, refused, undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.window import SAME


def stepwise(node: Node, inputs: Arrived, report: Report, gates: int, states: int) -> Outcome:
    """`(N, T, F) -> (N, T, H)`, or `(N, H)` of the last step unless `return_sequences`; then each state `(N, H)`.

    Weights `(gates H, F)` and `(gates H, H)`, bias `(gates H,)`; two rows of it for a GRU that resets after the product
    (keras/src/layers/rnn).
    """
    hidden = integer(node, "hidden_size", 0)
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown):
        return undetermined(node)
    if len(shape) != 3:
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} reads a sequence (batch, steps, features), but gets {spell(shape)}",
            remedy="feed it a sequence: behind another recurrent layer, set that one's `return_sequences` to true"
            if len(shape) == 2
            else "feed it a value of three axes",
        )
    wide = times(hidden, gates)
    state = (shape[0], hidden)
    every = node.get("return_sequences", False)
    first: Shape = UNKNOWN if isinstance(every, Unknown) else (*shape[:2], hidden) if every is True else state
    twice = gates == 3 and node.get("reset_after", False) is True
    roles: dict[str, Shape] = {
        "weight": (wide, shape[2]),
        "recurrent_weight": (wide, hidden),
        "bias": (2, wide) if twice else (wide,),
    }
    params = tuple(roles.get(param.role, UNKNOWN) for param in node.params)
    return Outcome((first, *(state,) * states)[: len(node.outputs)], params)


def convolving(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, T, d..., C) -> (N, T, d'..., filters)`, or without T; then both states (conv_lstm.py)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) < 4:
        return undetermined(node)
    first = "data_format" in node.attrs
    sizes, channels = (shape[3:], shape[2]) if first else (shape[2:-1], shape[-1])
    rank, filters = len(sizes), integer(node, "out_channels", 0)
    kernel, strides, dilations = (integers(node, name, rank, 1) for name in ("kernel_shape", "strides", "dilations"))
    same_size = node.get("auto_pad", "") in SAME
    spatial: list[Dim] = []
    for size, extent, step, dilation in zip(sizes, kernel, strides, dilations, strict=True):
        reach = 1 if same_size else plus(times(dilation, minus(extent, 1)), 1)
        spatial.append(quotient(plus(minus(size, reach), step), step))
    image = (filters, *spatial) if first else (*spatial, filters)
    state = (shape[0], *image)
    every = node.get("return_sequences", False) is True
    wide = times(filters, 4)
    roles: dict[str, Shape] = {
        "weight": (wide, channels, *kernel),
        "recurrent_weight": (wide, filters, *kernel),
        "bias": (wide,),
    }
    params = tuple(roles.get(param.role, UNKNOWN) for param in node.params)
    return Outcome(((*shape[:2], *image) if every else state, state, state)[: len(node.outputs)], params)


OPERATORS = (Operator("keras::ConvLSTM", convolving, kind="weighted"),)
