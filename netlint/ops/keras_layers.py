"""Operators that only Keras has, and that ONNX has no name for: their shapes are those of `compute_output_shape` in
keras/src/layers."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, minus, plus, quotient, times
from netlint.ops.activation import same
from netlint.ops.arithmetic import axis_of, differ, integer, integers, refused, undetermined, whole
from netlint.ops.operator import Activation, Arrived, Operator, Outcome, Report


def _shape(inputs: Arrived, slot: int = 0) -> Shape:
    return inputs[slot] if slot < len(inputs) else UNKNOWN


def merge_time(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, T, ...) -> (N x T, ...)`: steps become samples (TimeDistributed)."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or len(shape) < 2:
        return undetermined(node)
    return Outcome(((times(shape[0], shape[1]), *shape[2:]),))


def split_time(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N x T, ...), (N, T, ...) -> (N, T, ...)`: the samples of the first are steps again, as the second has them."""
    shape, before = _shape(inputs), _shape(inputs, 1)
    if isinstance(shape, Unknown) or isinstance(before, Unknown) or len(before) < 2 or not shape:
        return undetermined(node)
    return Outcome(((before[0], before[1], *shape[1:]),))


def repeat_vector(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`(N, F) -> (N, n, F)`."""
    shape = _shape(inputs)
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
    shape, result = _shape(inputs), outcome.outputs[0]
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
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    rank = len(shape) - 2
    ends = integers(node, name, 2 * rank, 0)
    spatial = tuple(plus(shape[2 + axis], times(plus(ends[axis], ends[axis + rank]), sign)) for axis in range(rank))
    return Outcome(((*shape[:2], *spatial),))


def upsampled(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Each spatial axis `scales` times as long."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    factors = integers(node, "scales", len(shape) - 2, 1)
    return Outcome(((*shape[:2], *map(times, shape[2:], factors)),))


def adaptive(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, C, d...) -> (N, C, output_size...)`."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    return Outcome(((*shape[:2], *integers(node, "output_size", len(shape) - 2, 0)),))


def resized(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Height and width are those given; images may come without a batch."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or not 3 <= len(shape) <= 4:
        return undetermined(node)
    size = (integer(node, "height", 0), integer(node, "width", 0))
    if "data_format" in node.attrs:
        return Outcome(((*shape[:-2], *size),))
    return Outcome(((*shape[:-3], *size, shape[-1]),))


def open_size(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Height or width is another one for each batch."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    if node.op.endswith("Height"):
        return Outcome(((*shape[:-3], UNKNOWN, *shape[-2:]),))
    return Outcome(((*shape[:-2], UNKNOWN, shape[-1]),))


def dot(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Sums over one axis of each input; batches stand in both and once in the result (Dot.compute_output_shape)."""
    a, b, axes = _shape(inputs), _shape(inputs, 1), node.get("axes", ())
    if isinstance(a, Unknown) or isinstance(b, Unknown) or not isinstance(axes, tuple) or len(axes) != 2:
        return undetermined(node)
    one, other = axes
    if not isinstance(one, int) or not isinstance(other, int):
        return undetermined(node)
    if not -len(a) <= one < len(a) or not -len(b) <= other < len(b):
        return undetermined(node)
    one, other = one % len(a), other % len(b)
    if differ(a[one], b[other]):
        return refused(
            node,
            inputs,
            report,
            "matmul-mismatch",
            f"{node.label} multiplies axis {one} of extent {a[one]} with axis {other} of extent {b[other]}",
            slots=(0, 1),
            remedy="give both inputs one extent along the axes that are summed over",
        )
    rest = [dim for axis, dim in enumerate(b) if axis != other][1:]
    result = [dim for axis, dim in enumerate(a) if axis != one] + rest
    return Outcome((tuple(result) if len(result) > 1 else (*result, 1),))


def einsum_dense(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`ab,bc->ac`: axes of the output come from the input, from `output_shape`, or from both (einsum_dense.py)."""
    shape, equation = _shape(inputs), node.get("equation", "")
    if isinstance(shape, Unknown) or not isinstance(equation, str):
        return undetermined(node)
    left, arrow, after = equation.replace(" ", "").partition("->")
    before, comma, kernel = left.partition(",")
    if (
        not arrow
        or not comma
        or len(set(after.replace("...", ""))) != len(after.replace("...", ""))
        or len(equation) > 64
    ):
        return undetermined(node)
    given = node.get("output_shape", ())
    sizes = list(whole(given)) if isinstance(given, tuple) else []
    extents: dict[str, Dim] = {}
    if before.startswith("...") or before.endswith("..."):
        leading = before.startswith("...")
        named = before.replace("...", "")
        if len(named) > len(shape):
            return undetermined(node)
        free = len(shape) - len(named)
        own = shape[free:] if leading else shape[: len(named)]
        extents.update(zip(named, own, strict=True))
        elided: tuple[Dim, ...] = shape[:free] if leading else shape[len(named) :]
        letters = after.replace("...", "")
        # The sizes that are given count from the side where nothing is left open.
        wanted: list[Dim] = sizes[-len(letters) :] if leading else [shape[0], *sizes][: len(letters)]
        if leading:
            wanted = [*[UNKNOWN] * (len(letters) - len(wanted)), *wanted]
        for letter, size in zip(letters, wanted, strict=False):
            if letter not in extents or isinstance(extents[letter], Unknown):
                extents[letter] = size
        named_out = tuple(extents.get(letter, UNKNOWN) for letter in letters)
        result = (*elided, *named_out) if leading else (*named_out, *elided)
    else:
        if len(before) != len(shape):
            return undetermined(node)
        extents.update(zip(before, shape, strict=True))
        for letter, size in zip(after[1:], sizes, strict=False):
            if letter not in extents or (isinstance(extents[letter], Unknown) and isinstance(size, int)):
                extents[letter] = size
        result = tuple(extents.get(letter, UNKNOWN) for letter in after)
    weight: Shape = tuple(extents.get(letter, UNKNOWN) for letter in kernel)
    axes = node.get("bias_axes", "")
    bias = _bias(axes, after.replace("...", ""), extents) if isinstance(axes, str) else UNKNOWN
    return Outcome((result,), (weight, bias)[: len(node.params)])


def _bias(axes: str, letters: str, extents: dict[str, Dim]) -> Shape:
    """One element for each index of the bias' axes; a 1 for each axis behind the first of them."""
    first = min((letters.find(letter) for letter in axes if letter in letters), default=len(letters))
    return tuple(extents.get(letter, UNKNOWN) if letter in axes else 1 for letter in letters[first:])


def reverse_embedding(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(..., features) -> (..., vocabulary)` by the transposed table."""
    shape = _shape(inputs)
    rows, features = integer(node, "vocabulary", 0), integer(node, "out_features", 0)
    output: Shape = UNKNOWN if isinstance(shape, Unknown) else (*shape[:-1], rows)
    return Outcome((output,), ((rows, features),)[: len(node.params)])


def multi_head(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`query (N, T..., F), value, key -> (N, T..., F)`, or as wide as `output_shape`; kernels `(F, heads, width)`, the
    last one `(heads, width, F)` (multi_head_attention.py, grouped_query_attention.py)."""
    query, value = _shape(inputs), _shape(inputs, 1)
    key = _shape(inputs, 2) if len(inputs) > 2 else value
    if isinstance(query, Unknown) or not query:
        return undetermined(node)
    heads, width = integer(node, "num_heads", 0), integer(node, "key_dim", 0)
    held = integer(node, "kv_num_heads", 0) if "kv_num_heads" in node.attrs else heads
    deep = integer(node, "value_dim", 0) if "value_dim" in node.attrs else width
    wanted = node.get("output_shape", ())
    last: tuple[Dim, ...] = whole(wanted) if isinstance(wanted, tuple) and wanted else (query[-1],)
    shapes: dict[str, Shape] = {
        "query_weight": (query[-1], heads, width),
        "query_bias": (heads, width),
        "key_weight": (_last(key), held, width),
        "key_bias": (held, width),
        "value_weight": (_last(value), held, deep),
        "value_bias": (held, deep),
        "output_weight": (heads, deep, *last),
        "output_bias": last,
    }
    params = tuple(shapes.get(param.role, UNKNOWN) for param in node.params)
    scores: Shape = UNKNOWN
    if len(query) == 3 and isinstance(value, tuple) and len(value) == 3:
        scores = (query[0], heads, query[1], value[1])
    return Outcome(((*query[:-1], *last), scores)[: len(node.outputs)], params)


def _last(shape: Shape) -> Dim:
    return shape[-1] if isinstance(shape, tuple) and shape else UNKNOWN


def attention(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`query (N, T, F), value (N, S, V), key (N, S, F) -> (N, T, V)` (attention.py, additive_attention.py)."""
    query, value = _shape(inputs), _shape(inputs, 1)
    if isinstance(query, Unknown) or isinstance(value, Unknown) or len(query) < 2 or len(value) < 2:
        return undetermined(node)
    each: Shape = (query[-1],) if node.op == "keras::AdditiveAttention" else ()
    outputs: tuple[Shape, ...] = ((*query[:-1], value[-1]), (*query[:-1], value[-2]))
    return Outcome(outputs[: len(node.outputs)], (each,) * len(node.params))


def encoded(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Indices keep the shape; one-hot vectors stand on a new axis, or take the place of a last one of extent 1; the
    others replace the last axis."""
    shape, mode = _shape(inputs), node.get("output_mode", "int")
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
    shape, mode = _shape(inputs), node.get("output_mode", "int")
    if isinstance(shape, Unknown) or not shape or not isinstance(mode, str):
        return undetermined(node)
    if mode == "int":
        return Outcome(((shape[0], integer(node, "length", 0)),))
    return Outcome(((*shape, integer(node, "depth", 0)),))


def mel(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, samples) -> (N, bins, steps)` (mel_spectrogram.py)."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or not shape:
        return undetermined(node)
    stride = integer(node, "sequence_stride", 512)
    steps = quotient(plus(plus(shape[-1], stride), 1), stride) if isinstance(shape[-1], int) else UNKNOWN
    return Outcome(((*shape[:-1], integer(node, "num_mel_bins", 128), steps),))


def short_time(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, samples, C) -> (N, frames, frequencies x C)` (stft_spectrogram.py)."""
    shape, frame = _shape(inputs), integer(node, "frame_length", 256)
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


def picked(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`x[index]`: `3` takes an axis away, `1:9:2` cuts it, `new` adds one, `...` stands for all that are not named."""
    shape, index = _shape(inputs), node.get("index", ())
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


def halved(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """One half along `axis` gates the other."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown):
        return undetermined(node)
    axis = axis_of(node, shape, report, default=-1)
    if axis is None:
        return undetermined(node)
    return Outcome(((*shape[:axis], quotient(shape[axis], 2), *shape[axis + 1 :]),))


def locally(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """As a convolution; the weights, which differ from place to place, are not described."""
    shape = _shape(inputs)
    if isinstance(shape, Unknown) or len(shape) < 3:
        return undetermined(node)
    rank = len(shape) - 2
    kernel, strides = integers(node, "kernel_shape", rank, 1), integers(node, "strides", rank, 1)
    same_size = "auto_pad" in node.attrs
    spatial = tuple(
        quotient(plus(minus(size, 1 if same_size else extent), step), step)
        for size, extent, step in zip(shape[2:], kernel, strides, strict=True)
    )
    return Outcome(((shape[0], integer(node, "out_channels", 0), *spatial),), (UNKNOWN,) * len(node.params))


def scaled(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; one factor for each element of the last axis."""
    shape = _shape(inputs)
    return Outcome((shape,), ((_last(shape),),) * len(node.params))


def elements(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """Same shape; parameters have one element for each of a sample."""
    shape = _shape(inputs)
    each: Shape = UNKNOWN if isinstance(shape, Unknown) else shape[1:]
    return Outcome((shape,), (each,) * len(node.params))


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
_LOOKUPS = ("CategoryEncoding", "Discretization", "Hashing", "HashedCrossing", "IntegerLookup", "StringLookup")

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
    Operator("keras::LayerScale", scaled, kind="affine", linear=True),
    Operator("keras::Rescaling", same, kind="affine", linear=True),
    Operator("keras::Normalization", same, kind="affine", linear=True),
    Operator("keras::GaussianNoise", same, kind="dropout", linear=True),
    Operator("keras::GaussianDropout", same, kind="dropout", linear=True),
    Operator("keras::UnitNormalization", same, kind="normalisation"),
    Operator("keras::Dot", dot, kind="merge"),
    Operator("keras::EinsumDense", einsum_dense, kind="weighted", linear=True),
    Operator("keras::ReverseEmbedding", reverse_embedding, kind="weighted", linear=True),
    Operator("keras::LocallyConnected", locally, kind="weighted", linear=True),
    Operator("keras::MultiHeadAttention", multi_head, kind="weighted"),
    Operator("keras::Attention", attention),
    Operator("keras::AdditiveAttention", attention),
    Operator("keras::TextVectorization", vectorised, dtype="", differentiable=False),
    *(Operator(f"keras::{name}", encoded, dtype="", differentiable=False) for name in _LOOKUPS),
    *(Operator(f"keras::{name}", same, kind="layout", linear=True) for name in _IMAGES),
    Operator("keras::MelSpectrogram", mel),
    Operator("keras::STFTSpectrogram", short_time),
    Operator("keras::GLU", halved),
    Operator("keras::GetItem", picked, kind="layout", transparent=True, linear=True),
    Operator("keras::StopGradient", same, kind="layout", linear=True, differentiable=False),
    Operator("keras::ZerosLike", same, differentiable=False),
    Operator("keras::OnesLike", same, differentiable=False),
    Operator("keras::ReLU", same, kind="activation", activation=Activation(keeps_zero=False)),
    Operator("keras::SReLU", elements, kind="activation", activation=Activation()),
    Operator("keras::ParametricSoftplus", elements, kind="activation", activation=Activation()),
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
