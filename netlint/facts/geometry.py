"""Where the pixels of a value lie on the value that it was made from, and how much of a window is real input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Final, TypeAlias

from netlint.authoring import Fact, Facts
from netlint.facts.paths import Paths
from netlint.facts.shapes import Shapes
from netlint.model import Dim, Model, Node, Unknown, Value
from netlint.ops import operator
from netlint.ops.arithmetic import integers

#: Kinds whose every output element is made of the input elements of the same place.
_POINTWISE: Final = frozenset({"activation", "affine", "dropout", "normalisation"})

#: The pixels stay the same ones, some are cut off or put around: how a map is shifted by one.
_MOVES: Final = ("Pad", "Slice")
_POINTWISE_OPS: Final = frozenset({"Identity", "Sum", "Mul", "Max"})

#: No image that a net is trained with has so few pixels along an axis, and layers that bind its size.
_NOMINAL: Final = 16
_COLOURS: Final = (1, 3, 4)
_SIZED: Final = ("Gemm", "LSTM", "RNN")

#: Positions times taps along one axis, beyond which a border does not matter and is not counted.
_LARGE: Final = 20_000


@dataclass(frozen=True, slots=True)
class Window:
    """The window of a convolution or pooling along one spatial axis."""

    kernel: int
    stride: int
    before: int
    after: int
    dilation: int

    @property
    def reach(self) -> int:
        """How many pixels it spans."""
        return self.dilation * (self.kernel - 1) + 1

    def real_taps(self, size: int, count: int) -> list[int]:
        """For each of `count` positions on an axis of `size`, how many taps lie on input rather than on padding."""
        starts = (position * self.stride - self.before for position in range(count))
        return [sum(0 <= start + tap * self.dilation < size for tap in range(self.kernel)) for start in starts]


@dataclass(frozen=True, slots=True)
class Place:
    """Coordinate i of a value lies at `scale * i + shift` of another one, along one axis.

    The same as python/caffe/coord_map.py of BVLC/caffe, which maps the other way round.
    """

    scale: Fraction = Fraction(1)
    shift: Fraction = Fraction(0)

    def on(self, below: Place) -> Place:
        """Where this lies on the value that `below` is placed on."""
        return Place(below.scale * self.scale, below.scale * self.shift + below.shift)

    def inverse(self) -> Place:
        return Place(1 / self.scale, -self.shift / self.scale)


#: A value, and the places along height and width of another one on it.
Placement: TypeAlias = tuple[Value, tuple[Place, Place]]

_HERE: Final = (Place(), Place())


class Geometry(Fact):
    """Windows of nodes, and where values lie on each other along height and width.

    Operators that do anything else than slide, enlarge or crop by known numbers have no map: what they put out is a
    new origin, and nothing is said across it.
    """

    needs = (Paths, Shapes)

    def __init__(self, model: Model, facts: Facts) -> None:
        self._shapes = facts[Shapes]
        self._paths = facts[Paths]
        self._model = model
        self._windows: dict[Node, tuple[Window, ...]] = {}

    def windows(self, node: Node) -> tuple[Window, ...]:
        """One window a spatial axis; empty when the node has none or when a number in them is not known."""
        found = self._windows.get(node)
        if found is None:
            sizes = self.sizes(node.inputs[0].value) if node.inputs and "auto_pad" in node.attrs else ()
            found = self._windows[node] = _windows(node, sizes)
        return found

    def sizes(self, value: Value) -> tuple[Dim, ...]:
        """The spatial extents of a value; empty when its rank is unknown or it has none."""
        shape = self._shapes.image(value)
        return () if isinstance(shape, Unknown) else shape[2:]

    def real_share(self, node: Node) -> float | None:
        """The share of the window's taps that lie on input rather than on padding, over all positions of the output;
        None where that is not known."""
        axes = self._taps(node)
        share = 1.0
        for window, taps in axes or ():
            share *= sum(taps) / (len(taps) * window.kernel)
        return share if axes else None

    def blank_share(self, node: Node) -> float | None:
        """The share of the output's positions whose whole window lies on padding; None where that is not known."""
        axes = self._taps(node)
        seeing = 1.0
        for _, taps in axes or ():
            seeing *= sum(count > 0 for count in taps) / len(taps)
        return 1 - seeing if axes else None

    def _taps(self, node: Node) -> list[tuple[Window, list[int]]] | None:
        windows = self.windows(node)
        if not windows or not node.inputs or not node.outputs:
            return None
        sizes, counts = self.sizes(node.inputs[0].value), self.sizes(node.outputs[0])
        if not len(windows) == len(sizes) == len(counts):
            return None
        found = []
        for window, size, count in zip(windows, sizes, counts, strict=True):
            if isinstance(size, Unknown) or isinstance(count, Unknown) or count < 1 or count * window.kernel > _LARGE:
                return None
            found.append((window, window.real_taps(size, count)))
        return found

    @cached_property
    def nominal(self) -> bool:
        """The declared size of the images stands for no image: a fully convolutional net of Caffe's that is only run,
        and is given the size of each image when it is (`Net::Reshape`), declares a few pixels."""
        shapes = [self._shapes.image(node.outputs[0]) for node in self._model.by_op.get("Input", ()) if node.outputs]
        images = [shape for shape in shapes if isinstance(shape, tuple) and len(shape) == 4 and shape[1] in _COLOURS]
        sizes = [size for image in images for size in image[2:]]
        return (
            self._model.dialect == "caffe"
            and bool(sizes)
            and all(isinstance(size, int) and size <= _NOMINAL for size in sizes)
            and not any(op in self._model.by_op for op in _SIZED)
        )

    @cached_property
    def collapsed(self) -> list[Node]:
        """Convolutions with a kernel of more than one pixel on a map of a single one, where two of them follow each
        other: only the centre of each kernel ever sees anything."""
        alone = [node for node in self._model.by_op.get("Conv", ()) if self._on_one_pixel(node)]
        lonely = set(alone)
        chained = [node for node in alone if any(before in lonely for before in self._paths.before(node))]
        return alone if chained else []

    def _on_one_pixel(self, node: Node) -> bool:
        kernel = node.get("kernel_shape", ())
        if not isinstance(kernel, tuple) or 1 in kernel:
            return False
        sizes = self.sizes(node.inputs[0].value) if node.inputs else ()
        if len(sizes) < 2 or sizes.count(1) != len(sizes):
            return False
        windows = self.windows(node)
        return len(sizes) == len(windows) and all(window.kernel > 1 for window in windows)

    @cached_property
    def starved(self) -> list[tuple[Node, float]]:
        """Convolutions on a map smaller than their kernel along every axis, most of whose taps lie on padding, with the
        share of the others. Dilated ones, which look far on purpose, are left out."""
        found = []
        for node in self._model.by_op.get("Conv", ()):
            kernel = node.get("kernel_shape", ())
            # No map is smaller than one pixel.
            if not isinstance(kernel, tuple) or 1 in kernel or "dilations" in node.attrs:
                continue
            sizes = self.sizes(node.inputs[0].value) if node.inputs else ()
            if len(sizes) != len(kernel):
                continue
            for size, extent in zip(sizes, kernel, strict=True):
                if not (isinstance(size, int) and isinstance(extent, int) and size < extent):
                    break
            else:
                share = self.real_share(node)
                if share is not None and share < 0.5:
                    found.append((node, share))
        return found

    def has_sibling(self, node: Node) -> bool:
        """Another layer reads what this one reads, or what it was made of pixel by pixel, moved or not."""
        value = node.inputs[0].value if node.inputs else None
        while value is not None:
            maker = value.producer
            if maker is None or len(value.uses) > 1:
                return True
            carries = operator(maker.op).kind in _POINTWISE or maker.op in _MOVES
            value = maker.inputs[0].value if carries and maker.inputs else None
        return False

    def offsets(self, crop: Node) -> tuple[int, int] | None:
        """The offsets of a crop along height and width; None when it cuts other axes or they are not known."""
        offsets = crop.get("offsets", ())
        if not isinstance(offsets, tuple) or crop.get("axis", 2) != 2 or len(self._cut_sizes(crop)) not in (0, 2):
            return None
        known = [offset for offset in offsets if isinstance(offset, int)]
        if len(known) != len(offsets) or len(known) > 2:
            return None
        known = known * 2 if len(known) == 1 else known or [0, 0]
        return known[0], known[1]

    def _cut_sizes(self, crop: Node) -> Sequence[Dim]:
        return self.sizes(crop.inputs[0].value) if crop.inputs else ()

    def aligned_offsets(self, crop: Node) -> tuple[Fraction, Fraction] | None:
        """The offsets at which the result would lie on the value whose size it takes. None when the two have no
        common origin with known windows between, or different scales."""
        if len(crop.inputs) != 2:
            return None
        (origin, cut), (other, like) = (self._placements[edge.value] for edge in crop.inputs)
        relative = [one.on(base.inverse()) for one, base in zip(like, cut, strict=True)]
        if origin is not other or any(place.scale != 1 for place in relative):
            return None
        return relative[0].shift, relative[1].shift

    @cached_property
    def _placements(self) -> dict[Value, Placement]:
        """For each value the farthest one that it can be placed on, and where."""
        found: dict[Value, Placement] = {}
        for node in self._model.nodes:
            for edge in node.inputs:
                found.setdefault(edge.value, (edge.value, _HERE))
            placement = self._placement(node, found)
            for value in node.outputs:
                found[value] = placement or (value, _HERE)
        return found

    def _placement(self, node: Node, found: dict[Value, Placement]) -> Placement | None:
        steps = self._steps(node)
        if steps is None or not node.inputs:
            return None
        carriers = node.inputs[:1] if node.op == "caffe::Crop" else node.inputs
        bases = {found[edge.value] for edge in carriers}
        # Branches that lie differently have no common place.
        if len(bases) != 1:
            return None
        origin, places = bases.pop()
        return origin, (steps[0].on(places[0]), steps[1].on(places[1]))

    def _steps(self, node: Node) -> tuple[Place, Place] | None:
        """Where the node's output lies on its input; None when that cannot be said."""
        kind = operator(node.op).kind
        if kind in _POINTWISE or node.op in _POINTWISE_OPS or (node.op == "Concat" and node.get("axis", 1) == 1):
            return _HERE
        if node.op == "caffe::Crop":
            offsets = self.offsets(node)
            return (_moved(offsets[0]), _moved(offsets[1])) if offsets is not None else None
        if node.op not in ("Conv", "ConvTranspose", "MaxPool", "AveragePool"):
            return None
        windows = self.windows(node)
        if len(windows) != 2:
            return None
        high, wide = (_slid(window, transposed=node.op == "ConvTranspose") for window in windows)
        return high, wide


def _moved(offset: int) -> Place:
    return Place(shift=Fraction(offset))


def _slid(window: Window, *, transposed: bool) -> Place:
    """Position i of a window has its centre at `stride * i - padding + (reach - 1) / 2`; transposed, the other way."""
    centred = Place(Fraction(window.stride), Fraction(window.reach - 1, 2) - window.before)
    return centred.inverse() if transposed else centred


def _around(node: Node, sizes: tuple[Dim, ...]) -> tuple[Dim, ...] | None:
    """Padding that keeps `ceil(size / stride)` positions: all begins, then all ends. None where the sizes are not known
    (ONNX Conv, `auto_pad`; what Keras and TensorFlow call `same`)."""
    upper = node.get("auto_pad", "") == "SAME_UPPER"
    rank = len(sizes)
    named = (integers(node, name, rank, 1) for name in ("kernel_shape", "strides", "dilations"))
    begins, ends = [], []
    for size, kernel, stride, dilation in zip(sizes, *named, strict=True):
        if isinstance(size, Unknown) or isinstance(kernel, Unknown):
            return None
        if isinstance(stride, Unknown) or isinstance(dilation, Unknown) or min(size, kernel, stride, dilation) < 1:
            return None
        reach = dilation * (kernel - 1) + 1
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        less = total // 2
        begins.append(less if upper else total - less)
        ends.append(total - less if upper else less)
    return (*begins, *ends) if rank else None


def _windows(node: Node, sizes: tuple[Dim, ...] = ()) -> tuple[Window, ...]:
    kernel = node.get("kernel_shape", ())
    if not isinstance(kernel, tuple) or not kernel or node.get("axis", 1) != 1:
        return ()
    rank = len(kernel)
    pads: tuple[Dim, ...] = integers(node, "pads", 2 * rank, 0)
    if node.get("auto_pad", "NOTSET") not in ("NOTSET", "VALID", ""):
        # The padding depends on the input's size; of a transposed convolution on the output's.
        around = _around(node, sizes) if node.op != "ConvTranspose" and len(sizes) == rank else None
        if around is None:
            return ()
        pads = around
    columns: tuple[tuple[Dim, ...], ...] = (
        integers(node, "kernel_shape", rank, 0),
        integers(node, "strides", rank, 1),
        pads[:rank],
        pads[rank:],
        integers(node, "dilations", rank, 1),
    )
    found = []
    for row in zip(*columns, strict=True):
        known = [number for number in row if isinstance(number, int)]
        if len(known) < len(columns) or known[0] < 1 or known[1] < 1:
            return ()
        found.append(Window(*known))
    return tuple(found)
