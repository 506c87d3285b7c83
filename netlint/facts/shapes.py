"""Every value's and parameter's shape, and what the operators find wrong while inferring them."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence, Set
from typing import Final

from netlint.authoring import Fact, Facts
from netlint.facts.walk import ancestors
from netlint.model import (
    UNKNOWN,
    Dim,
    Elements,
    Model,
    Node,
    Param,
    Problem,
    Shape,
    Symbol,
    Unknown,
    Value,
    channels_first,
    channels_last,
    product,
    spell,
)
from netlint.ops import Arrived, operator

#: What computes element by element, or channel by channel: axes keep their meaning.
_IN_PLACE: Final = ("activation", "affine", "dropout", "merge", "normalisation")

#: Normalisers that may name the axis of their channels.
_BY_AXIS: Final = ("BatchNormalization", "GroupNormalization")


class Shapes(Fact):
    """Shapes by forward inference, one shape function an operator (`netlint.ops`).

    Whatever an operator cannot accept becomes a `Problem` under the name of the rule that tells it, and the values
    below it are unknown: one fault is told once.
    """

    def __init__(self, model: Model, _facts: Facts) -> None:
        self._values: dict[Value, Shape] = {}
        self._params: dict[Node, Sequence[Shape]] = {}
        self._problems: dict[str, list[Problem]] = {}
        self._elements: dict[Value, Elements] = {}
        #: Images whose channels stand last.
        self._last: set[Value] = set()
        self._traced = model.traced
        values, elsewhere = self._values, model.elsewhere
        guarded = _guarded(model)
        for node in model.nodes:
            inputs = [values.get(value := edge.value, value.shape) for edge in node.inputs]
            described = operator(node.op)
            if node.channels_last:
                if inputs:
                    inputs[0] = channels_first(inputs[0])
                    self._last.add(node.inputs[0].value)
                self._last.update(node.outputs)
            elif self._last and node.inputs and node.inputs[0].value in self._last and described.kind in _IN_PLACE:
                self._last.update(node.outputs)
            report = _unheard if node in guarded else self._report
            outcome = described.infer(node, Arrived(inputs, node, self._elements), report)
            if node.channels_last:
                outcome = outcome._replace(outputs=tuple(map(channels_last, outcome.outputs)))
            for value, shape in zip(node.outputs, outcome.outputs, strict=False):
                if value.shape is not UNKNOWN:
                    shape = self._reconciled(value, shape)
                if elsewhere and isinstance(shape, Unknown):
                    shape = elsewhere.get(value.name, shape)
                values[value] = shape
            if outcome.elements:
                for value, elements in zip(node.outputs, outcome.elements, strict=False):
                    if elements is not None:
                        self._elements[value] = elements
            if node.params:
                self._params[node] = outcome.params

    def _reconciled(self, value: Value, shape: Shape) -> Shape:
        """What the operator gives and what the source declares, taken together: numbers before symbols before nothing.

        Where they contradict each other the operator is right: it is what runs. Shapes that were seen as it ran stand
        above that.
        """
        stated = value.shape
        if isinstance(shape, Unknown) or isinstance(stated, Unknown):
            return stated if isinstance(shape, Unknown) else shape
        if len(stated) != len(shape) or any(
            isinstance(a, int) and isinstance(b, int) and a != b for a, b in zip(shape, stated, strict=True)
        ):
            if value.producer is not None:
                self._report(_contradicted(value, value.producer, shape, stated))
            return stated if self._traced else shape
        return tuple(
            b if isinstance(b, int) or (not isinstance(a, int | Symbol)) else a
            for a, b in zip(shape, stated, strict=True)
        )

    def _report(self, problem: Problem) -> None:
        self._problems.setdefault(problem.rule, []).append(problem)

    def __getitem__(self, value: Value) -> Shape:
        return self._values.get(value, value.shape)

    def elements(self, value: Value) -> Elements | None:
        """The elements of a small tensor in row-major order, given by the source or propagated; None when unknown."""
        return value.elements if value.elements is not None else self._elements.get(value)

    def input(self, node: Node, slot: int = 0) -> Shape:
        """The shape that arrives at input `slot`; unknown when there is none."""
        return self[node.inputs[slot].value] if slot < len(node.inputs) else UNKNOWN

    def output(self, node: Node, slot: int = 0) -> Shape:
        """The shape of output `slot`; unknown when there is none."""
        return self[node.outputs[slot]] if slot < len(node.outputs) else UNKNOWN

    def image(self, value: Value) -> Shape:
        """The shape of an image as (batch, channels, spatial...), in whatever order the source has it."""
        shape = self[value]
        return channels_first(shape) if value in self._last else shape

    def arriving(self, node: Node, slot: int = 0) -> Shape:
        """As `image`, of what arrives at input `slot`. Where the node itself names its channels by `axis` (a batch
        normaliser), that axis is the second one."""
        if slot >= len(node.inputs):
            return UNKNOWN
        value = node.inputs[slot].value
        axis, shape = node.get("axis", 1), self[value]
        if axis == 1 or node.op not in _BY_AXIS or isinstance(shape, Unknown):
            return self.image(value)
        if not isinstance(axis, int) or not -len(shape) <= axis < len(shape):
            return UNKNOWN
        axis %= len(shape)
        return channels_first((*shape[:axis], *shape[axis + 1 :], shape[axis])) if len(shape) > 2 else shape

    def param(self, node: Node, param: Param) -> Shape:
        """The shape of one of the node's parameters: declared by the source, or inferred."""
        if isinstance(param.shape, tuple):
            return param.shape
        shapes = self._params.get(node, ())
        index = next((i for i, own in enumerate(node.params) if own is param), len(shapes))
        return shapes[index] if index < len(shapes) else UNKNOWN

    def larger_than(self, limit: int) -> Iterator[tuple[Node, str, Shape]]:
        """Outputs and parameters of more than `limit` elements, with what they are to their node."""
        small: set[Shape] = set()
        for value, shape in self._values.items():
            if shape not in small:
                if _exceeds(shape, limit) and value.producer is not None:
                    yield value.producer, f"output `{value.name}`", shape
                else:
                    small.add(shape)
        for node, shapes in self._params.items():
            for param, shape in zip(node.params, shapes, strict=False):
                if shape not in small:
                    if _exceeds(shape, limit):
                        yield node, param.role, shape
                    else:
                        small.add(shape)

    def classes(self, node: Node) -> Dim:
        """How many scores this loss, softmax or metric compares at each position of its first input.

        It is the extent of the class axis; where the shape is unknown, the layer that makes the scores may say it.
        """
        shape, axis = self.input(node), node.get("axis", 1)
        if not isinstance(axis, int):
            return UNKNOWN
        if isinstance(shape, tuple):
            if not -len(shape) <= axis < len(shape):
                return UNKNOWN
            # Before operator set 13 of ONNX all axes from there on are one.
            return product(shape[axis:]) if node.get("flattens", 0) == 1 else shape[axis]
        maker = self.scorer(node)
        if maker is None or axis not in (1, -1) or maker.get("axis", 1) not in (1, -1):
            return UNKNOWN
        units = maker.get("out_features", maker.get("out_channels", UNKNOWN))
        return units if isinstance(units, int) else UNKNOWN

    def scorer(self, node: Node) -> Node | None:
        """The weighted layer that makes the first input, seen through elementwise operators; None when another does."""
        edge = node.inputs[0] if node.inputs else None
        while edge is not None and edge.producer is not None:
            maker = edge.producer
            kind = operator(maker.op).kind
            if kind == "weighted":
                return maker
            elementwise = kind in ("activation", "affine", "dropout", "normalisation") or maker.op == "Identity"
            edge = maker.inputs[0] if elementwise and maker.inputs else None
        return None

    def differing(self, one: tuple[Node, Param], other: tuple[Node, Param]) -> tuple[str, str] | None:
        """The shapes, as messages spell them, of two parameters that cannot be one tensor; None when they may be.

        Where the first is `shared_by_count` only the numbers of elements count.
        """
        a, b = self.param(*one), self.param(*other)
        if not isinstance(a, tuple) or not isinstance(b, tuple):
            return None
        pairs: list[tuple[Dim, Dim]]
        if one[1].shared_by_count:
            pairs = [(product(a), product(b))]
        elif len(a) != len(b):
            return spell(a), spell(b)
        else:
            pairs = list(zip(a, b, strict=True))
        clash = any(isinstance(x, int) and isinstance(y, int) and x != y for x, y in pairs)
        return (spell(a), spell(b)) if clash else None

    @property
    def problematic(self) -> Set[str]:
        """The rules under whose names operators found something."""
        return self._problems.keys()

    def problems(self, rule: str) -> Sequence[Problem]:
        """What the operators found under this rule's name, in execution order."""
        return self._problems.get(rule, ())


def _guarded(model: Model) -> Container[Node]:
    """Nodes in branches of an `If` that asks for a shape: exporters write both branches, and the one that does not fit
    never runs (`x.squeeze(1)` becomes "if the axis is 1, squeeze it")."""
    found: set[Node] = set()
    for owner in model.by_op.get("If", ()):
        asked = owner.inputs[0].producer if owner.inputs else None
        if asked is not None and any(node.op in ("Shape", "Size") for node in ancestors((asked,))):
            found.update(node for body in owner.bodies for node in body.nodes)
    return found


def _unheard(_problem: Problem) -> None:
    """Where nobody knows whether the node runs."""


def _contradicted(value: Value, maker: Node, shape: Shape, stated: Shape) -> Problem:
    return Problem(
        "declared-shape-contradicted",
        f"`{value.name}` is declared as {spell(stated)}, but {maker.label} makes {spell(shape)}: readers that "
        "trust the "
        "declaration allocate or plan wrongly",
        value,
        remedy=f"declare {spell(shape)}, or leave the declaration out and let shape inference fill it in",
        node=maker,
    )


def _exceeds(shape: Shape, limit: int) -> bool:
    count = 0 if isinstance(shape, Unknown) else product(shape)
    return isinstance(count, int) and count > limit
