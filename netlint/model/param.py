"""Attributes and learnable parameters of a node."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from netlint.model.shape import Shape
from netlint.model.source import Span
from netlint.model.unknown import UNKNOWN, Unknown

AttrValue: TypeAlias = int | float | str | bool | tuple[int | float | str | Unknown, ...] | Unknown


@dataclass(frozen=True, slots=True)
class Attr:
    """One attribute under its ONNX name, with the place where the source says it.

    `spelled` is the source's own word (`kernel_size` for `kernel_shape`); `span` covers the value as written.
    """

    name: str
    value: AttrValue
    span: Span | None = None
    spelled: str = ""

    @property
    def word(self) -> str:
        return self.spelled or self.name


@dataclass(frozen=True, slots=True)
class Initializer:
    """How a parameter starts: a distribution by its common name and the fields that the source gives it.

    `kind` is one of `constant`, `normal`, `uniform`, `xavier_uniform`, `kaiming_normal`, `bilinear`, ... or the
    source's own word when it is none of them. `declared` is false for a framework's silent default.
    """

    kind: str
    spelled: str = ""
    fields: Mapping[str, Attr] = field(default_factory=dict)
    span: Span | None = None
    declared: bool = True

    def number(self, name: str, default: float) -> float:
        attr = self.fields.get(name)
        return float(attr.value) if attr and isinstance(attr.value, int | float) else default

    @property
    def is_zero(self) -> bool:
        """Every element starts at exactly 0."""
        return self.kind == "constant" and self.number("value", 0.0) == 0.0


@dataclass(frozen=True, slots=True)
class Restraint:
    """A penalty or a constraint on a parameter, by its common name (`l2`, `l1`, `l1_l2`, `max_norm`, `non_neg`, ...),
    or the source's own word when it is none of them, and the numbers that the source gives it."""

    kind: str
    spelled: str = ""
    fields: Mapping[str, Attr] = field(default_factory=dict)
    span: Span | None = None

    def number(self, name: str, default: float) -> float:
        attr = self.fields.get(name)
        return float(attr.value) if attr and isinstance(attr.value, int | float) else default


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter tensor of a node.

    `role` is what the operator does with it (`weight`, `bias`, `mean`, `variance`, `scale`, `slope`, ...). `shape` is
    what the source declares; frameworks that derive it leave it unknown and `Shapes` infers it. `learnable` is false
    for statistics that no gradient ever touches; `lr_mult` of 0 freezes a learnable one.
    """

    role: str
    initializer: Initializer
    shape: Shape = UNKNOWN
    learnable: bool = True
    lr_mult: Attr | None = None
    decay_mult: Attr | None = None
    shared: Attr | None = None
    #: Whoever shares it must only agree on the number of elements, not on the shape.
    shared_by_count: bool = False
    #: What pulls it towards some values, and what it is forced into after each update, where the source says so.
    regularizer: Restraint | None = None
    constraint: Restraint | None = None
    span: Span | None = None

    @property
    def trainable(self) -> bool:
        return self.learnable and not (self.lr_mult is not None and self.lr_mult.value == 0)
