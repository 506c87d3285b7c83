"""Signals: Fourier transforms, windows and filter banks."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Unknown, minus, plus, quotient, times
from netlint.ops.arithmetic import MOST_AXES, axis_within, number, undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def _half(length: Dim) -> Dim:
    """The frequencies of a real signal that say all."""
    return plus(quotient(length, 2), 1)


def dft(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(signal..., 1 or 2) -> (signal..., 2)`: `dft_length` replaces the axis, `onesided` keeps half of it; backwards,
    `onesided` gives a real signal (ONNX DFT). The axis is an attribute (default 1), later an input (default -2)."""
    shape = inputs[0] if inputs else UNKNOWN
    if isinstance(shape, Unknown) or len(shape) < 2 or len(shape) > MOST_AXES:
        return undetermined(node)
    backwards, half = node.get("inverse", 0) == 1, node.get("onesided", 0) == 1
    result = [*shape[:-1], 1 if backwards and half else 2]
    given = inputs.given(1)
    if not given and not half:
        return Outcome((tuple(result),) * len(node.outputs))
    named = "axis" in node.attrs or inputs.given(2)
    if not named and len(shape) != 3:
        # The default depends on the operator set.
        return Outcome(((*(UNKNOWN,) * (len(shape) - 1), result[-1]),) * len(node.outputs))
    axis = axis_within(node, inputs, report, number(node, inputs, "axis", 2, 1), len(shape))
    if axis is None or axis == len(shape) - 1:
        return Outcome(((*(UNKNOWN,) * (len(shape) - 1), result[-1]),) * len(node.outputs))
    length = number(node, inputs, "", 1, 0) if given else shape[axis]
    if half and not backwards:
        length = _half(length)
    elif half and not given:
        length = times(minus(length, 1), 2)
    result[axis] = length
    return Outcome((tuple(result),) * len(node.outputs))


def stft(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, length, 1 or 2) -> (N, frames, frequencies, 2)` (ONNX STFT)."""
    signal = inputs[0] if inputs else UNKNOWN
    if isinstance(signal, Unknown) or len(signal) < 2:
        return Outcome(((UNKNOWN, UNKNOWN, UNKNOWN, 2),) * len(node.outputs))
    step = number(node, inputs, "", 1, 0)
    window = inputs[2] if len(inputs) > 2 and inputs.given(2) else UNKNOWN
    length: Dim = signal[1]
    if inputs.given(3):
        length = number(node, inputs, "", 3, 0)
    elif isinstance(window, tuple) and len(window) == 1:
        length = window[0]
    elif inputs.given(2):
        length = UNKNOWN
    frames: Dim = UNKNOWN
    if not isinstance(step, int) or step > 0:
        frames = plus(quotient(minus(signal[1], length), step), 1)
    if isinstance(frames, int) and frames < 0:
        frames = UNKNOWN
    bins = _half(length) if node.get("onesided", 1) == 1 else length
    return Outcome(((signal[0], frames, bins, 2),) * len(node.outputs))


def bell(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A vector as long as the input says (ONNX BlackmanWindow, HammingWindow, HannWindow)."""
    length = _scalar(inputs, 0)
    return Outcome(((length if not isinstance(length, int) or length >= 0 else UNKNOWN,),) * len(node.outputs))


def _scalar(inputs: Arrived, slot: int) -> Dim:
    elements = inputs.elements(slot)
    item = elements[0] if elements else UNKNOWN
    return item if isinstance(item, int | Unknown) else UNKNOWN


def mel(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`bins, dft_length, ... -> (dft_length / 2 + 1, bins)` (ONNX MelWeightMatrix)."""
    return Outcome(((_half(_scalar(inputs, 1)), _scalar(inputs, 0)),) * len(node.outputs))


OPERATORS = (
    Operator("DFT", dft, linear=True),
    Operator("STFT", stft, linear=True),
    *(Operator(name, bell, differentiable=False) for name in ("BlackmanWindow", "HammingWindow", "HannWindow")),
    Operator("MelWeightMatrix", mel, differentiable=False),
)
