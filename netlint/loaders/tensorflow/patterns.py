"""Layers that TensorFlow writes out as arithmetic, found again: biases, dropout, batch normalisation, losses.

Each pattern stands at the operator that ends it, and says what that operator then reads; what only the pattern needed
is no longer part of the graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from netlint.loaders.tensorflow.graph import Op, Port
from netlint.loaders.tensorflow.variables import (
    COPIES,
    VARIABLES,
    behind,
    constant_of,
    vector_behind,
    whole_numbers,
)

Kind: TypeAlias = Literal["layer", "dilated", "dropout", "normaliser", "loss"]

_ADDS: Final = ("Add", "AddV2")
_WEIGHTED: Final = frozenset(
    ("Conv2D", "Conv3D", "DepthwiseConv2dNative", "Conv2DBackpropInput", "Conv3DBackpropInputV2", "MatMul")
)
_RANDOM_UNIFORM: Final = frozenset(
    ("RandomUniform", "StatelessRandomUniform", "StatelessRandomUniformV2", "RandomUniformInt")
)
_MOVES: Final = frozenset(("Reshape", "Squeeze", "ExpandDims", "Cast", "StopGradient", *COPIES))


@dataclass(frozen=True, slots=True)
class Match:
    """A layer that ends at an operator: what it reads, and its parameters by role."""

    kind: Kind
    inputs: tuple[Port, ...]
    #: The operator that gives the layer its name and place.
    at: Op
    op: str = ""
    tensors: Mapping[str, Op] = field(default_factory=dict)
    numbers: Mapping[str, float | int | tuple[int, ...] | None] = field(default_factory=dict)


@dataclass(slots=True)
class Finder:
    """Looks for patterns among operators in execution order. `uses` counts the readers of each."""

    uses: Mapping[Op, int]
    #: The graph is trained: differences from its data may be losses.
    trained: bool
    matches: dict[Op, Match] = field(default_factory=dict)
    _learned: dict[Op, bool] = field(default_factory=dict)

    def run(self, ops: Iterable[Op]) -> dict[Op, Match]:
        for op in ops:
            self._learned[op] = (op.type in VARIABLES) or any(
                port is not None and self._learned.get(port.op, False) for port in op.inputs
            )
            for pattern in _PATTERNS.get(op.type, ()):
                match = pattern(self, op)
                if match is not None:
                    self.matches[op] = match
                    break
        return self.matches

    def learned(self, port: Port) -> bool:
        """Whether a variable takes part in making the value."""
        return self._learned.get(port.op, False)

    def alone(self, op: Op) -> bool:
        """Nothing else reads the operator."""
        return self.uses.get(op, 0) == 1


def seen(port: Port | None) -> Port | None:
    """The output behind copies."""
    for _ in range(16):
        if port is None or port.op.type not in COPIES:
            return port
        port = port.op.inputs[0] if port.op.inputs else None
    return port


def _pair(op: Op) -> tuple[Port, Port] | None:
    if len(op.inputs) != 2:
        return None
    first, second = seen(op.inputs[0]), seen(op.inputs[1])
    return None if first is None or second is None else (first, second)


def _either(op: Op) -> Iterable[tuple[Port, Port]]:
    pair = _pair(op)
    return () if pair is None else (pair, (pair[1], pair[0]))


def bias(finder: Finder, op: Op) -> Match | None:
    """`conv + b`: one layer with a bias."""
    for value, added in _either(op):
        if value.op.type not in _WEIGHTED or not finder.alone(value.op) or value.index:
            continue
        vector = vector_behind(added)
        if vector is None:
            continue
        inner = finder.matches.get(value.op)
        if inner is not None or not value.op.inputs:
            continue
        if behind(value.op.input(1)) is None:
            continue
        # BiasAdd adds to the channels, wherever they are; a sum meets them along their own axis only.
        channels_first = value.op.text("data_format", "NHWC").startswith("NC")
        tensor, axis = vector
        if op.type != "BiasAdd" and axis != (-3 if channels_first else -1):
            continue
        inputs = tuple(port for port in value.op.inputs if port is not None)
        return Match("layer", inputs, value.op, value.op.type, {"bias": tensor})
    return None


def dilated(finder: Finder, op: Op) -> Match | None:
    """A convolution between `SpaceToBatchND` and `BatchToSpaceND`: one with gaps in its kernel
    (tensorflow/python/ops/nn_ops.py, with_space_to_batch)."""
    inner = seen(op.input(0))
    if inner is None or inner.op.type not in ("Conv2D", "DepthwiseConv2dNative") or not finder.alone(inner.op):
        return None
    conv = inner.op
    apart = seen(conv.input(0))
    if apart is None or apart.op.type != "SpaceToBatchND" or conv.text("padding") != "VALID":
        return None
    blocks, source = whole_numbers(op.input(1)), seen(apart.op.input(0))
    same = blocks == whole_numbers(apart.op.input(1))
    if blocks is None or len(blocks) != 2 or not same or source is None or set(conv.integers("strides")) != {1}:
        return None
    if conv.text("data_format", "NHWC").startswith("NC"):
        return None
    added, cropped = whole_numbers(apart.op.input(2)), whole_numbers(op.input(2))
    pads: tuple[int, ...] | None = None
    if added is not None and cropped is not None and len(added) == len(cropped) == 4:
        around = [more - less for more, less in zip(added, cropped, strict=True)]
        pads = (*around[0::2], *around[1::2])
    return Match("dilated", (source,), conv, conv.type, numbers={"dilations": blocks, "pads": pads})


def _is_drawn(port: Port | None) -> Op | None:
    """The GreaterEqual, Floor or Cast chain that makes a random mask; its comparison or sum."""
    op = port.op if port is not None else None
    for _ in range(8):
        if op is None:
            return None
        if op.type in ("Floor", "Cast", *COPIES):
            inner = op.input(0)
            op = inner.op if inner is not None else None
            continue
        if op.type in ("GreaterEqual", "Less", "LessEqual", "Greater", *_ADDS):
            return op if any(_is_uniform(one) for one in op.inputs) else None
        return None
    return None


def _is_uniform(port: Port | None) -> bool:
    op = port.op if port is not None else None
    for _ in range(8):
        if op is None or op.type in _RANDOM_UNIFORM:
            return op is not None
        # TensorFlow scales [0, 1) to [min, max): with 0 and 1 that changes nothing.
        if op.type not in ("Mul", "Sub", *_ADDS, *COPIES, "Cast"):
            return False
        drawn = [one for one in op.inputs if one is not None and one.op.type not in ("Const", *VARIABLES)]
        op = drawn[0].op if len(drawn) == 1 else None
    return False


def dropout(_finder: Finder, op: Op) -> Match | None:
    """A random mask times the scaled value (tensorflow/python/ops/nn_ops.py, dropout)."""
    if op.type in ("SelectV2", "Select"):
        mask, kept, other = (op.input(slot) for slot in range(3))
        if constant_of(other) != 0:
            return None
        sides: Iterable[tuple[Port | None, Port | None]] = ((kept, mask),)
    else:
        sides = _either(op)
    for value, mask in sides:
        compared = _is_drawn(mask)
        scaled = seen(value)
        if compared is None or scaled is None:
            continue
        source, ratio = _unscaled(scaled)
        if source is None:
            continue
        return Match("dropout", (source,), op, numbers={"ratio": ratio if ratio is not None else _rate(compared)})
    return None


def _unscaled(scaled: Port) -> tuple[Port | None, float | None]:
    """What dropout reads, and the share it drops by the factor that makes up for it."""
    if scaled.op.type not in ("Mul", "RealDiv", "Div"):
        return None, None
    pair = _pair(scaled.op)
    if pair is None:
        return None, None
    value, factor = pair
    number = constant_of(factor)
    if number is None and scaled.op.type == "Mul" and constant_of(value) is not None:
        value, factor = factor, value
        number = constant_of(factor)
    if number is None:
        return value, None
    if scaled.op.type == "Mul":
        return value, (round(1 - 1 / number, 6) if number >= 1 else None)
    return value, (round(1 - number, 6) if 0 < number <= 1 else None)


def _rate(compared: Op) -> float | None:
    for port in compared.inputs:
        number = constant_of(port)
        if number is not None and 0 <= number <= 1:
            return float(number) if compared.type == "GreaterEqual" else round(1 - float(number), 6)
    return None


def normaliser(finder: Finder, op: Op) -> Match | None:
    """`x * inv + (beta - mean * inv)` with `inv = rsqrt(variance + epsilon) * gamma`
    (tensorflow/python/ops/nn_impl.py, batch_normalization)."""
    for scaled, shifted in _either(op):
        if scaled.op.type != "Mul" or shifted.op.type not in ("Sub", "Mul", "Neg"):
            continue
        found = _centre(shifted.op)
        if found is None:
            continue
        centred, beta = found
        for value, inverse in _either(scaled.op):
            for mean, same in _either(centred):
                if same == inverse and mean != value:
                    spread = _spread(inverse)
                    if spread is not None:
                        return _normalised(finder, op, value, mean, beta, spread)
    return None


def _centre(op: Op) -> tuple[Op, Port | None] | None:
    """(`mean * inv`, beta) of `beta - mean * inv`, or of `-mean * inv`."""
    if op.type == "Sub":
        pair = _pair(op)
        return (pair[1].op, pair[0]) if pair is not None and pair[1].op.type == "Mul" else None
    if op.type == "Neg":
        inner = seen(op.input(0))
        return (inner.op, None) if inner is not None and inner.op.type == "Mul" else None
    return None


def _spread(inverse: Port) -> tuple[Port, float, Port | None] | None:
    """(variance, epsilon, gamma) of `rsqrt(variance + epsilon) * gamma`."""
    gamma: Port | None = None
    root = inverse.op
    if root.type == "Mul":
        for one, other in _either(root):
            if one.op.type == "Rsqrt":
                root, gamma = one.op, other
                break
    inner = seen(root.input(0)) if root.type == "Rsqrt" else None
    if inner is None or inner.op.type not in _ADDS:
        return None
    for variance, added in _either(inner.op):
        epsilon = constant_of(added)
        if epsilon is not None and constant_of(variance) is None:
            return variance, float(epsilon), gamma
    for variance, added in _either(inner.op):
        epsilon = constant_of(added)
        if epsilon is not None:
            return variance, float(epsilon), gamma
    return None


def _normalised(
    finder: Finder, op: Op, value: Port, mean: Port, beta: Port | None, spread: tuple[Port, float, Port | None]
) -> Match | None:
    variance, epsilon, gamma = spread
    tensors: dict[str, Op] = {}
    along: set[int] = set()
    for role, port in (("scale", gamma), ("bias", beta)):
        if port is not None:
            stored = vector_behind(port)
            if stored is None:
                return None
            tensors[role] = stored[0]
            along.add(stored[1])
    numbers: dict[str, float | int | tuple[int, ...] | None] = {"epsilon": epsilon}
    averages, variances = vector_behind(mean), vector_behind(variance)
    if averages is not None and variances is not None:
        along |= {averages[1], variances[1]}
        if len(along) != 1:
            return None
        tensors |= {"mean": averages[0], "variance": variances[0]}
        numbers["axis"] = along.pop()
        # Channels last, or first with two spatial axes; elsewhere it stays the arithmetic that it is.
        if numbers["axis"] not in (-1, -3):
            return None
        return Match("normaliser", (value,), op, "BatchNormalization", tensors, numbers)
    if along - {-1}:
        return None
    axes = _averaged(mean, value)
    if axes is None:
        return None
    del finder
    return Match("normaliser", (value,), op, "moments", tensors, {**numbers, "axes": axes})


def _averaged(mean: Port, value: Port) -> tuple[int, ...] | None:
    """The axes over which the value's own mean is taken."""
    port: Port | None = mean
    for _ in range(6):
        if port is None:
            return None
        if port.op.type == "Mean":
            source = seen(port.op.input(0))
            if source is not None and source.op.type == "Cast":
                source = seen(source.op.input(0))
            return whole_numbers(port.op.input(1)) if source == value else None
        if port.op.type not in _MOVES:
            return None
        port = seen(port.op.input(0))
    return None


def logistic_loss(_finder: Finder, op: Op) -> Match | None:
    """`max(x, 0) - x * z + log1p(exp(-|x|))` (tensorflow/python/ops/nn_impl.py, sigmoid_cross_entropy_with_logits)."""
    for left, right in _either(op):
        if right.op.type != "Log1p" or left.op.type != "Sub":
            continue
        pair = _pair(left.op)
        if pair is None or pair[0].op.type not in ("Select", "SelectV2", "Relu", "Maximum") or pair[1].op.type != "Mul":
            continue
        clipped = _clipped(pair[0].op)
        if clipped is None:
            continue
        for scores, target in _either(pair[1].op):
            if scores == clipped and _of_magnitude(right.op, scores):
                return Match("loss", (scores, target), op, "BCEWithLogitsLoss")
    return None


def _clipped(op: Op) -> Port | None:
    """`x` of `max(x, 0)`."""
    if op.type == "Relu":
        return seen(op.input(0))
    slot = 0 if op.type == "Maximum" else 1
    zero = seen(op.input(slot + 1))
    if zero is None or not (zero.op.type == "ZerosLike" or constant_of(zero) == 0):
        return None
    return seen(op.input(slot))


def _of_magnitude(op: Op, scores: Port) -> bool:
    """Whether it is `log1p(exp(-|x|))`."""
    exp = seen(op.input(0))
    inner = seen(exp.op.input(0)) if exp is not None and exp.op.type == "Exp" else None
    if inner is None:
        return False
    if inner.op.type == "Neg":
        magnitude = seen(inner.op.input(0))
        return magnitude is not None and magnitude.op.type == "Abs" and seen(magnitude.op.input(0)) == scores
    if inner.op.type not in ("Select", "SelectV2"):
        return False
    negative = seen(inner.op.input(1))
    return (
        negative is not None
        and negative.op.type == "Neg"
        and seen(negative.op.input(0)) == scores
        and seen(inner.op.input(2)) == scores
    )


def regression(finder: Finder, op: Op) -> Match | None:
    """The square or the magnitude of a difference between what the network makes and what it is given."""
    if not finder.trained:
        return None
    difference: Op | None = op
    if op.type != "SquaredDifference":
        if op.type == "Pow" and constant_of(op.input(1)) != 2:
            return None
        inner = seen(op.input(0))
        difference = inner.op if inner is not None and inner.op.type == "Sub" and finder.alone(inner.op) else None
    pair = _pair(difference) if difference is not None else None
    if pair is None:
        return None
    for made, given in (pair, (pair[1], pair[0])):
        if finder.learned(made) and _from_data(given):
            return Match("loss", (made, given), op, "L1Loss" if op.type == "Abs" else "MSELoss")
    return None


def _from_data(port: Port) -> bool:
    """The network's own data, moved at most."""
    current: Port | None = port
    for _ in range(12):
        if current is None:
            return False
        kind = current.op.type
        if kind.startswith("Placeholder") or kind in ("IteratorGetNext", "QueueDequeueManyV2", "QueueDequeueV2"):
            return True
        if kind not in _MOVES:
            return False
        current = current.op.input(0)
    return False


_Pattern: TypeAlias = Callable[[Finder, Op], Match | None]

_PATTERNS: Final[Mapping[str, tuple[_Pattern, ...]]] = {
    "Add": (bias, normaliser, logistic_loss),
    "AddV2": (bias, normaliser, logistic_loss),
    "BiasAdd": (bias,),
    "BatchToSpaceND": (dilated,),
    "Mul": (dropout,),
    "SelectV2": (dropout,),
    "Select": (dropout,),
    "Square": (regression,),
    "SquaredDifference": (regression,),
    "Abs": (regression,),
    "Pow": (regression,),
}
