"""Operators that only Keras has, and that ONNX has no name for: their shapes are those of `compute_output_shape` in
keras/src/layers."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, plus, times
from netlint.ops.activation import same
from netlint.ops.arithmetic import integer, integers, refused, undetermined
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report


def arriving(inputs: Arrived, slot: int = 0) -> Shape:
    return inputs[slot] if slot < len(inputs) else UNKNOWN


def merge_time(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, T, ...) -> (N x T, ...)`: steps become samples (TimeDistributed)."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or len(shape) < 2:
        return undetermined(node)
    return Outcome(((times(shape[0], shape[1]), *shape[2:]),))


def split_time(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N x T, ...), (N, T, ...) -> (N, T, ...)`: the samples of the first are steps again, as the second has them."""
    shape, before = arriving(inputs), arriving(inputs, 1)
    if isinstance(shape, Unknown) or isinstance(before, Unknown) or len(before) < 2 or not shape:
        return undetermined(node)
    return Outcome(((before[0], before[1], *shape[1:]),))


def repeat_vector(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, F) -> (N, n, F)`."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown):
        return undetermined(node)
    if len(shape) != 2:
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} repeats vectors (batch, features), but gets {len(shape)} axes",
            remedy="feed it one vector a sample: the last step of a sequence, or what Flatten makes",
        )
    return Outcome(((shape[0], integer(node, "repeats", 1), shape[1]),))


def padded(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`pads` more along each spatial axis: all begins, then all ends."""
    return _resized(node, inputs, "pads", 1)


def cropped(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`border` less along each spatial axis: all begins, then all ends."""
    outcome = _resized(node, inputs, "border", -1)
    shape, result = arriving(inputs), outcome.outputs[0]
    if isinstance(result, tuple) and any(isinstance(dim, int) and dim <= 0 for dim in result[2:]):
        return refused(
            node,
            inputs,
            report,
            "spatial-collapse",
            f"{node.label} cuts away all of its input",
            at=node.place("border"),
            remedy="crop less",
        )
    return outcome if isinstance(shape, tuple) else undetermined(node)


def _resized(node: Node, inputs: Arrived, name: str, sign: int) -> Outcome:
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    rank = len(shape) - 2
    ends = integers(node, name, 2 * rank, 0)
    spatial = tuple(plus(shape[2 + axis], times(plus(ends[axis], ends[axis + rank]), sign)) for axis in range(rank))
    return Outcome(((*shape[:2], *spatial),))


def upsampled(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Each spatial axis `scales` times as long."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    factors = integers(node, "scales", len(shape) - 2, 1)
    return Outcome(((*shape[:2], *map(times, shape[2:], factors)),))


def adaptive(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, C, d...) -> (N, C, output_size...)`."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    return Outcome(((*shape[:2], *integers(node, "output_size", len(shape) - 2, 0)),))


def resized(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Height and width are those given; images may come without a batch."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or not 3 <= len(shape) <= 4:
        return undetermined(node)
    size = (integer(node, "height", 0), integer(node, "width", 0))
    if "data_format" in node.attrs:
        return Outcome(((*shape[:-2], *size),))
    return Outcome(((*shape[:-3], *size, shape[-1]),))


def open_size(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Height or width is another one for each batch."""
    shape = arriving(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    if node.op.endswith("Height"):
        return Outcome(((*shape[:-3], UNKNOWN, *shape[-2:]),))
    return Outcome(((*shape[:-2], UNKNOWN, shape[-1]),))


def last_of(shape: Shape) -> Dim:
    return shape[-1] if isinstance(shape, tuple) and shape else UNKNOWN


def picked(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`x[index]`: `3` takes an axis away, `1:9:2` cuts it, `new` adds one, `...` stands for all that are not named."""
    shape, index = arriving(inputs), node.get("index", ())
    if isinstance(shape, Unknown) or not isinstance(index, tuple):
        return undetermined(node)
    words = [str(word) for word in index]
    named = sum(word not in ("new", "...") for word in words)
    if words.count("...") > 1 or named > len(shape):
        return undetermined(node)
    if "..." not in words:
        words.append("...")
    result: list[Dim] = []
    axis = 0
    for word in words:
        if word == "new":
            result.append(1)
        elif word == "...":
            free = len(shape) - named
            result += shape[axis : axis + free]
            axis += free
        else:
            if ":" in word:
                result.append(_cut(shape[axis], word))
            elif _outside(shape[axis], int(word)):
                return refused(
                    node,
                    inputs,
                    report,
                    "index-out-of-range",
                    f"{node.label} takes element {word} of axis {axis}, which has {shape[axis]}",
                    remedy="name an element that is there",
                )
            axis += 1
    return Outcome((tuple(result),))


def _outside(extent: Dim, index: int) -> bool:
    return isinstance(extent, int) and not -extent <= index < extent


def _cut(extent: Dim, word: str) -> Dim:
    if word.strip(":") == "" or word in ("0:", "0::"):
        return extent
    if not isinstance(extent, int):
        return UNKNOWN
    bounds = [int(part) if part else None for part in word.split(":")]
    if len(bounds) > 2 and bounds[2] == 0:
        return UNKNOWN
    return len(range(*slice(*bounds).indices(extent)))


def _curve(name: str, low: float = float("-inf"), high: float = float("inf"), *, zero: bool = False) -> Operator:
    return Operator(f"keras::{name}", same, kind="activation", activation=Activation(low, high, zero))


_IMAGES = (
    *("AugMix", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "CutMix", "Equalization"),
    *("MaxNumBoundingBoxes", "MixUp", "RandAugment", "RandomBrightness", "RandomColorDegeneration"),
    *("RandomColorJitter", "RandomContrast", "RandomElasticTransform", "RandomErasing", "RandomFlip"),
    *("RandomGaussianBlur", "RandomGrayscale", "RandomHue", "RandomInvert", "RandomPerspective"),
    *("RandomPosterization", "RandomRotation", "RandomSaturation", "RandomSharpness", "RandomShear"),
    *("RandomTranslation", "RandomZoom", "Solarization"),
)

OPERATORS = (
    Operator("keras::MergeTime", merge_time, kind="layout", transparent=True, linear=True),
    Operator("keras::SplitTime", split_time, kind="layout", linear=True),
    Operator("keras::RepeatVector", repeat_vector, kind="layout", transparent=True, linear=True),
    Operator("keras::ZeroPadding", padded, kind="layout", linear=True),
    Operator("keras::Cropping", cropped, kind="layout", transparent=True, linear=True),
    Operator("keras::UpSampling", upsampled, kind="layout", linear=True),
    Operator("keras::AdaptiveMaxPool", adaptive, kind="pooling"),
    Operator("keras::AdaptiveAveragePool", adaptive, kind="pooling", linear=True),
    Operator("keras::Resizing", resized, kind="layout", linear=True),
    Operator("keras::CenterCrop", resized, kind="layout", linear=True),
    Operator("keras::RandomCrop", resized, kind="layout", linear=True),
    Operator("keras::RandomHeight", open_size, kind="layout", linear=True),
    Operator("keras::RandomWidth", open_size, kind="layout", linear=True),
    Operator("keras::Masking", same, kind="layout", transparent=True, linear=True),
    Operator("keras::Rescaling", same, kind="affine", linear=True),
    Operator("keras::Normalization", same, kind="affine", linear=True),
    Operator("keras::GaussianNoise", same, kind="dropout", linear=True),
    Operator("keras::GaussianDropout", same, kind="dropout", linear=True),
    Operator("keras::UnitNormalization", same, kind="normalisation"),
    *(Operator(f"keras::{name}", same, kind="layout", linear=True) for name in _IMAGES),
    Operator("keras::GetItem", picked, kind="layout", transparent=True, linear=True),
    Operator("keras::StopGradient", same, kind="layout", linear=True, differentiable=False),
    Operator("keras::ZerosLike", same, differentiable=False),
    Operator("keras::OnesLike", same, differentiable=False),
    Operator("keras::ReLU", same, kind="activation", activation=Activation(keeps_zero=False)),
    Operator("keras::Sparsemax", same, kind="activation", probabilities="softmax"),
    Operator("keras::Mask", lambda _node, _inputs, _report: Outcome(()), kind="sink"),
    _curve("HardTanh", -1, 1, zero=True),
    _curve("LogSigmoid", high=0),
    _curve("TanhShrink", zero=True),
    _curve("Threshold"),
    _curve("Squareplus", low=0),
    _curve("SparsePlus", low=0),
    _curve("SparseSigmoid", 0, 1),
)
