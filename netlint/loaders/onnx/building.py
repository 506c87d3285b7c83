"""What is in hand while a model is built from its messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netlint.loaders.onnx import checks
from netlint.loaders.onnx.described import Described
from netlint.loaders.onnx.functions import Expansion, FunctionKey
from netlint.loaders.onnx.places import Places
from netlint.loaders.onnx.scope import Scope
from netlint.loaders.options import InputShape
from netlint.loaders.protobuf import Message
from netlint.model import Attr, Elements, Model, Param, Problem, Shape, Value


class Refused(Exception):
    """The model cannot be built; the message says why."""


@dataclass(slots=True)
class Build:
    """One model while it grows, and what was looked up or converted once for many nodes."""

    model: Model
    places: Places
    expansion: Expansion
    input_shapes: Sequence[InputShape] = ()
    #: Keep every stored tensor for the weight pass, not only those whose elements lie elsewhere.
    keep_tensors: bool = False
    tensors: list[tuple[Value, Message]] = field(default_factory=list)
    #: Functions that are being expanded, outermost first.
    calls: list[FunctionKey] = field(default_factory=list)
    described: dict[tuple[str, str, int], Described] = field(default_factory=dict)
    #: Attributes that were converted and found right, by their bytes.
    converted: dict[tuple[object, ...], Mapping[str, Attr]] = field(default_factory=dict)
    #: Short tensors that were read and found right, by their bytes: (shape, elements).
    constants: dict[tuple[object, ...] | None, tuple[Shape, Elements]] = field(default_factory=dict)
    #: Parameters by role and shape: in a binary file equal ones are one object.
    params: dict[tuple[str, Shape], Param] = field(default_factory=dict)

    def report(self, problem: Problem) -> None:
        self.model.problems.append(problem)

    def define(self, value: Value, scope: Scope, what: str) -> None:
        """Let the graph read the value by its name, unless another one has it."""
        if not value.name:
            return
        first = scope.values.get(value.name)
        if first is not None:
            self.report(checks.made_twice(value.name, what, first, value))
            return
        if scope.outer is not None:
            self.shadows(value, scope.outer)
        scope.values[value.name] = value

    def shadows(self, value: Value, around: Scope) -> None:
        """Names inside a body differ from those outside (docs/IR.md, "Names Within a Graph")."""
        outer = around.find(value.name)
        if outer is not None:
            self.report(checks.shadows(value, outer))
