"""Nodes and edges: a bottom is the latest earlier top of that name, as `Net::Init` has it."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from netlint.loaders.caffe.layer import Layer, Translation
from netlint.loaders.caffe.layer_checks import given_channels
from netlint.loaders.caffe.phases import possible
from netlint.loaders.options import InputShape, LoadOptions
from netlint.model import UNKNOWN, Dim, Edge, Model, Node, Problem, Shape, Span, Unknown, Value, surely_meant
from netlint.ops import operator

#: Operators whose outputs have the shapes that the source or the user declares.
_DECLARED: Final = frozenset({"Input", "caffe::Parameter"})

#: Kinds of operators through which labels stay labels.
_CARRIERS: Final = ("layout", "affine", "activation")


def wire(
    model: Model,
    chosen: Sequence[tuple[Layer, Translation]],
    layers: Sequence[Layer],
    options: LoadOptions,
    *,
    fragment: bool,
    settled: bool = False,
) -> None:
    """Give the model its nodes: the `chosen` ones of all `layers`. In a fragment open bottoms are nobody's fault.

    `settled` says that no other level or stage could bring more layers.
    """
    wiring = _Wiring(model, [layer for layer, _ in chosen], layers, options.input_shapes, fragment, settled)
    if options.task.label_shape is not None:
        wiring.label_shape = InputShape(options.task.label_shape)
        wiring.labels = _compared(chosen)
    wiring.add(chosen)


def _compared(chosen: Sequence[tuple[Layer, Translation]]) -> frozenset[str]:
    """The blobs that hold labels: what a loss or a metric compares with the scores, and what that is made from.

    The walk from there back to the data passes layers that only move or scale elements, and ends where something else
    reads a blob too: then it is data as well (an autoencoder's target).
    """
    found: set[str] = set()
    readers: dict[str, int] = {}
    for layer, translation in chosen:
        described = operator(translation.op)
        for slot, blob in enumerate(layer.bottoms):
            compares = described.kind == "metric" or (described.loss is not None and described.loss.targets != "other")
            if compares and slot == 1:
                found.add(blob.name)
            else:
                readers[blob.name] = readers.get(blob.name, 0) + 1
    for layer, translation in reversed(chosen):
        carries = operator(translation.op).kind in _CARRIERS and len(layer.bottoms) == 1
        if carries and any(top.name in found for top in layer.tops):
            made_from = layer.bottoms[0].name
            readers[made_from] -= 1
            if readers[made_from] == 0:
                found.add(made_from)
    return frozenset(found)


class _Wiring:
    """The blobs seen so far, and how to add a layer to them."""

    def __init__(
        self,
        model: Model,
        present: Sequence[Layer],
        layers: Sequence[Layer],
        shapes: Sequence[InputShape],
        fragment: bool,
        settled: bool,
    ) -> None:
        self.model = model
        self.present = present
        self.layers = layers
        self.shapes = shapes
        self.fragment = fragment
        self.settled = settled
        self.label_shape: InputShape | None = None
        self.labels: frozenset[str] = frozenset()
        self.latest: dict[str, Value] = {}

    def add(self, chosen: Sequence[tuple[Layer, Translation]]) -> None:
        nodes = self.model.nodes
        for layer, translation in chosen:
            node = Node(
                layer.name,
                translation.op,
                layer.type or "layer",
                "caffe",
                translation.attrs,
                translation.params,
                layer.span,
                layer.type_span,
                layer.block_span,
            )
            nodes.append(node)
            for slot, (name, span) in enumerate(layer.bottoms):
                value = self.latest.get(name) or self._open(node, name, span)
                edge = Edge(value, node, slot, span)
                value.uses.append(edge)
                node.inputs.append(edge)
            shapes = self._input_shapes(layer, translation) if node.op in _DECLARED else ()
            for slot, (name, span) in enumerate(layer.tops):
                shape = shapes[slot] if slot < len(shapes) else UNKNOWN
                value = Value(name, node, slot, 0, span, shape)
                before = self.latest.get(name)
                if before is not None:
                    self._overwrite(layer, before, value)
                self.latest[name] = value
                node.outputs.append(value)
            if not layer.tops and operator(node.op).loss is not None:
                # Layer::AutoTopBlobs: a loss without a top gets one of this name.
                node.outputs.append(Value("(automatic)", node, shape=()))

    def _open(self, node: Node, name: str, span: Span) -> Value:
        """A value that nothing produces so far."""
        if not self.fragment:
            self._unknown_bottom(node, name, span)
        value = self.latest[name] = Value(name, None)
        if self.label_shape is not None and name in self.labels:
            value.shape = self.label_shape.dims
        return value

    def _unknown_bottom(self, node: Node, name: str, span: Span) -> None:
        producers = [layer for layer in self.layers if any(top.name == name for top in layer.tops)]
        here = {id(layer) for layer in self.present}
        later = any(id(layer) in here for layer in producers)
        other = next((layer for layer in producers if id(layer) not in here), None)
        if not self.settled and any(id(layer) not in here and possible(layer, self.model.phase) for layer in producers):
            # With the right level or stage a layer would produce it: a solver that runs this phase will set that.
            return
        related: tuple[tuple[Span, str], ...] = ()
        meant = ""
        close = get_close_matches(name, self.latest, n=1, cutoff=0.75)
        if other is not None and not later:
            why = f"{other.label} produces it in another phase only"
            related, remedy = ((other.span, "produced here"),), f"give {other.label} a twin in {self.model.phase}"
        elif later:
            why, remedy = "only a later layer produces it", "move that layer up: Caffe runs layers in file order"
        else:
            why, remedy = "no layer produces it", f"did you mean `{close[0]}`?" if close else "correct the name"
            meant = _quoted(surely_meant(name, self.latest))
        self.model.problems.append(
            Problem(
                "unknown-bottom",
                f'{node.label} reads `{name}`, but in {self.model.phase} {why}: Caffe stops with "Unknown bottom blob"',
                span,
                related=related,
                remedy=remedy,
                node=node,
                meant=meant,
            )
        )

    def _overwrite(self, layer: Layer, before: Value, value: Value) -> None:
        """A top whose name exists: in place when the bottom of the same index bears it (Net::AppendTop)."""
        in_place = value.slot < len(layer.bottoms) and layer.bottoms[value.slot].name == value.name
        if in_place:
            value.replaces = before
        if in_place or before.producer is not None:
            value.version = before.version + 1
        if not in_place and before.producer is not None and value.producer is not None and value.span is not None:
            self._duplicate_top(value.producer, before, value.name, value.span)

    def _duplicate_top(self, node: Node, before: Value, name: str, span: Span) -> None:
        other = before.producer
        self.model.problems.append(
            Problem(
                "duplicate-top",
                f"{node.label} produces `{name}`, which {other.label if other else 'an input'} already produces in "
                f'{self.model.phase}: Caffe stops with "produced by multiple sources"',
                span,
                related=((before.span, "produced here first"),) if before.span else (),
                remedy="give one of the two blobs another name, or put the layers into different phases",
                node=node,
            )
        )

    def _input_shapes(self, layer: Layer, translation: Translation) -> list[Shape]:
        """The declared shapes of the tops of a layer without bottoms, with what the user says of them."""
        declared: list[Shape] = [
            translation.shapes[slot] if slot < len(translation.shapes) else UNKNOWN for slot in range(len(layer.tops))
        ]
        shapes = list(declared)
        for given in self.shapes:
            for slot, top in enumerate(layer.tops):
                if given.name == top.name or (not given.name and _is_data(layer, slot, given, declared[slot])):
                    shapes[slot] = _given(given, declared[slot])
        if shapes and shapes[0] is not declared[0]:
            self._given_channels(layer, shapes[0])
        if self.label_shape is not None:
            for slot, top in enumerate(layer.tops):
                if top.name in self.labels and shapes[slot] is declared[slot]:
                    shapes[slot] = _given(self.label_shape, shapes[0])
        if layer.type != "Input" and shapes and shapes[0] is not declared[0]:
            _relabel(shapes, declared)
        return shapes

    def _given_channels(self, layer: Layer, shape: Shape) -> None:
        channels = shape[1] if isinstance(shape, tuple) and len(shape) == 4 else UNKNOWN
        if isinstance(channels, int):
            self.model.problems += given_channels(layer, channels)


def _is_data(layer: Layer, slot: int, given: InputShape, declared: Shape) -> bool:
    """A shape without a name is meant for data: the first top of a data layer, or an input of that rank."""
    if layer.type != "Input":
        return slot == 0
    rank = 4 if len(given.dims) == 3 else len(given.dims)
    return isinstance(declared, Unknown) or len(declared) == rank


def _given(given: InputShape, declared: Shape) -> Shape:
    """Three numbers leave the batch as it is declared."""
    if len(given.dims) != 3 or (isinstance(declared, tuple) and len(declared) == 3):
        return given.dims
    batch: Dim = declared[0] if isinstance(declared, tuple) and declared else UNKNOWN
    return (batch, *given.dims)


def _relabel(shapes: list[Shape], declared: list[Shape]) -> None:
    """A new batch size of the data is the labels' too, where nothing else is said of them."""
    data = shapes[0]
    for slot in range(1, len(shapes)):
        label = shapes[slot]
        if label is declared[slot] and isinstance(label, tuple) and len(label) == 1 and isinstance(data, tuple):
            shapes[slot] = (data[0],)


def _quoted(name: str) -> str:
    return f'"{name}"' if name else ""
