"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import came_from, integer, undetermined
from netlint.ops.operator import Operator, Outcome, Report


def _recurrent(node: Node, inputs: Sequence[Shape], report: Report, gates: int) -> Outcome:
    """`x (T, N, ...)`, continuation `(T, N)`, perhaps a static input `(N, ...)` -> `(T, N, H)`.

    Weights `(gates H, in)`, bias `(gates H,)`, static weights, recurrent weights `(gates H, H)`; a plain RNN adds an
    output layer `(H, H)`, `(H,)` (BVLC/caffe src/caffe/layers/recurrent_layer.cpp, lstm_layer.cpp, rnn_layer.cpp).
    """
    hidden = integer(node, "hidden_size", 0)
    sequence = inputs[0] if inputs else UNKNOWN
    if isinstance(sequence, Unknown) or isinstance(hidden, Unknown):
        return undetermined(node)
    if len(sequence) < 2:
        report(
            Problem(
                "rank-mismatch",
                f"{node.label} reads a sequence (time, batch, ...), but gets {spell(sequence)}",
                node.inputs[0],
                related=came_from(node, 0, sequence),
                remedy="put time on the first axis and the batch on the second",
                node=node,
            )
        )
        return undetermined(node)
    static = inputs[2] if len(inputs) > 2 else None
    wide = gates * hidden
    params: list[Shape] = [(wide, product(sequence[2:])), (wide,)]
    if static is not None:
        params.append(UNKNOWN if isinstance(static, Unknown) else (wide, product(static[1:])))
    params.append((wide, hidden))
    if gates == 1:
        params += [(hidden, hidden), (hidden,)]
    outputs: list[Shape] = [(sequence[0], sequence[1], hidden)]
    outputs += [(1, sequence[1], hidden)] * (len(node.outputs) - 1)
    return Outcome(tuple(outputs), tuple(params))


def lstm(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """Four gates."""
    return _recurrent(node, inputs, report, 4)


def rnn(node: Node, inputs: Sequence[Shape], report: Report) -> Outcome:
    """One hidden transition and a learned output layer."""
    return _recurrent(node, inputs, report, 1)


OPERATORS = (
    Operator("LSTM", lstm, kind="weighted", in_place="corrupts"),
    Operator("RNN", rnn, kind="weighted", in_place="corrupts"),
)
