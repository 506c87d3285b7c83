"""Recurrent layers."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.arithmetic import came_from, integer, undetermined
from netlint.ops.gates import by_weights
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.steps import stepwise


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
    _streams_fit(node, inputs, sequence, report)
    # Exposed hidden states are inputs too, and stand behind the static one.
    static = inputs[2] if len(inputs) > 2 and node.param("static_weight") is not None else None
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


def _streams_fit(node: Node, inputs: Sequence[Shape], sequence: tuple[Dim, ...], report: Report) -> None:
    """recurrent_layer.cpp, LayerSetUp: the continuation is (T, N), a static input begins with N."""
    marks = inputs[1] if len(inputs) > 1 else UNKNOWN
    steps, streams = sequence[:2]
    if isinstance(marks, tuple) and not (len(marks) == 2 and _agree(marks[0], steps) and _agree(marks[1], streams)):
        _misfit(node, 1, marks, f"{spell((steps, streams))} (one mark for each step and stream)", report)
    static = inputs[2] if len(inputs) > 2 and node.param("static_weight") is not None else UNKNOWN
    if isinstance(static, tuple) and not (static and _agree(static[0], streams)):
        _misfit(node, 2, static, f"{spell((streams,))} as its first axis (one row for each stream)", report)


def _agree(one: Dim, other: Dim) -> bool:
    return isinstance(one, Unknown) or isinstance(other, Unknown) or one == other


def _misfit(node: Node, slot: int, shape: Shape, wanted: str, report: Report) -> None:
    report(
        Problem(
            "merge-shape-mismatch",
            f"{node.label} needs {wanted} from `{node.inputs[slot].value.name}`, but gets {spell(shape)}",
            node.inputs[slot],
            related=came_from(node, slot, shape),
            remedy="give it the steps and streams of the sequence",
            node=node,
        )
    )


def lstm(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Four gates."""
    if "return_sequences" in node.attrs:
        return stepwise(node, inputs, report, 4, 2)
    if node.dialect != "caffe":
        return by_weights(node, inputs, report, 4)
    return _recurrent(node, inputs, report, 4)


def rnn(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """One hidden transition and, in Caffe, a learned output layer."""
    if "return_sequences" in node.attrs:
        return stepwise(node, inputs, report, 1, 1)
    if node.dialect != "caffe":
        return by_weights(node, inputs, report, 1)
    return _recurrent(node, inputs, report, 1)


_WEIGHTS = {1: "weight", 2: "recurrent_weight", 3: "bias"}

OPERATORS = (
    Operator("LSTM", lstm, kind="weighted", in_place="corrupts", roles=_WEIGHTS),
    Operator("RNN", rnn, kind="weighted", in_place="corrupts", roles=_WEIGHTS),
)
