"""Layers of Keras that turn words and numbers into indices or vectors, and sounds into spectra
(`compute_output_shape` in keras/src/layers/preprocessing)."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Unknown, plus, quotient, times
from netlint.ops.arithmetic import integer, undetermined
from netlint.ops.keras_layers import arriving
from netlint.ops.operator import Arrived, Operator, Outcome, Report


def encoded(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Indices keep the shape; one-hot vectors stand on a new axis, or take the place of a last one of extent 1; the
    others replace the last axis."""
    shape, mode = arriving(inputs), node.get("output_mode", "int")
    if isinstance(shape, Unknown) or not isinstance(mode, str):
        return undetermined(node)
    if mode == "int":
        return Outcome((shape,))
    depth = integer(node, "depth", 0)
    if not shape:
        return Outcome(((depth,),))
    if mode == "one_hot" and node.op != "keras::Hashing":
        if isinstance(shape[-1], Unknown):
            return undetermined(node)
        vector = shape[-1] == 1 and (len(shape) > 1 or node.op == "keras::HashedCrossing")
        return Outcome(((*shape[:-1], depth) if vector else (*shape, depth),))
    if node.op == "keras::Discretization":
        return Outcome(((shape[0], *shape[2:], depth) if len(shape) > 1 else (depth,),))
    return Outcome(((*shape[:-1], depth),))


def vectorised(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N,) or (N, 1) -> (N, length)`, or one element a word."""
    shape, mode = arriving(inputs), node.get("output_mode", "int")
    if isinstance(shape, Unknown) or not shape or not isinstance(mode, str):
        return undetermined(node)
    if mode == "int":
        return Outcome(((shape[0], integer(node, "length", 0)),))
    return Outcome(((*shape, integer(node, "depth", 0)),))


def mel(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, samples) -> (N, bins, steps)` (mel_spectrogram.py)."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or not shape:
        return undetermined(node)
    stride = integer(node, "sequence_stride", 512)
    steps = quotient(plus(plus(shape[-1], stride), 1), stride) if isinstance(shape[-1], int) else UNKNOWN
    return Outcome(((*shape[:-1], integer(node, "num_mel_bins", 128), steps),))


def short_time(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, samples, C) -> (N, frames, frequencies x C)` (stft_spectrogram.py)."""
    shape, frame = arriving(inputs), integer(node, "frame_length", 256)
    if isinstance(shape, Unknown) or len(shape) != 3 or not isinstance(frame, int) or frame < 1:
        return undetermined(node)
    step = integer(node, "frame_step", frame // 2)
    first = node.get("data_format", "") == "channels_first"
    samples, channels = (shape[2], shape[1]) if first else (shape[1], shape[2])
    # The next power of two, if nothing is said.
    length = integer(node, "fft_length", 1 << max(frame - 1, 0).bit_length())
    bins = plus(quotient(length, 2), 1)
    if node.get("mode", "log") == "stft":
        bins = times(bins, 2)
    frames: Dim = UNKNOWN
    if isinstance(samples, int) and isinstance(step, int) and step > 0:
        frames = -(-samples // step) if node.get("padding", "valid") == "same" else (samples - frame) // step + 1
    if node.get("expand_dims", False) is True:
        return Outcome(((shape[0], channels, frames, bins) if first else (shape[0], frames, bins, channels),))
    wide = times(bins, channels)
    return Outcome(((shape[0], wide, frames) if first else (shape[0], frames, wide),))


_LOOKUPS = ("CategoryEncoding", "Discretization", "Hashing", "HashedCrossing", "IntegerLookup", "StringLookup")


OPERATORS = (
    Operator("keras::TextVectorization", vectorised, differentiable=False),
    *(Operator(f"keras::{name}", encoded, differentiable=False) for name in _LOOKUPS),
    Operator("keras::MelSpectrogram", mel),
    Operator("keras::STFTSpectrogram", short_time),
)
