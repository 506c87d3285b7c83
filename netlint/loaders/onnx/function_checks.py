"""What is wrong with the definitions of local functions (onnx/checker.cc, check_function and "
"check_model_local_functions)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from netlint.loaders.onnx.attributes import kind_of
from netlint.loaders.onnx.functions import Expansion, called, label
from netlint.loaders.onnx.places import Places
from netlint.loaders.onnx.proto import ATTRIBUTE_TYPES
from netlint.loaders.onnx.schema import operator_schema
from netlint.loaders.protobuf import Message
from netlint.model import Problem, Span


def problems(model: Message, functions: Expansion, opsets: Mapping[str, int], places: Places) -> Iterator[Problem]:
    """Faults of each function's own definition; what its nodes do wrong is told where it is called."""
    for key, function in functions.functions.items():
        place, name = places.of(function), label(key)
        if not function.name:
            yield _missing("a local function has no name: nothing can call it", "name it", place)
        if not function.HasField("domain"):
            yield _missing(f"local function {name} has no domain: a call needs one to find it", "give it one", place)
        yield from _twice(function.input, f"local function {name} has the input", "duplicate-top", place)
        yield from _twice(function.output, f"local function {name} has the output", "duplicate-top", place)
        attributes = [*function.attribute, *(one.name for one in function.attribute_proto)]
        yield from _twice(attributes, f"local function {name} has the attribute", "invalid-attribute", place)
        yield from _other_opsets(function, name, opsets, place)
        yield from _both(function, name, place)
    if functions.functions:
        yield from _unused(model, functions, places)


def _twice(names: Sequence[str], what: str, rule: str, place: Span | None) -> Iterator[Problem]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield Problem(rule, f"{what} `{name}` twice: a call cannot say which is meant", place, remedy="rename one")
        seen.add(name)


def _other_opsets(function: Message, name: str, opsets: Mapping[str, int], place: Span | None) -> Iterator[Problem]:
    """An operator that means one thing in the function's opset and another in the model's."""
    own = {("" if one.domain == "ai.onnx" else one.domain): one.version for one in function.opset_import}
    for node in function.node:
        domain = "" if node.domain == "ai.onnx" else node.domain
        mine, theirs = own.get(domain), opsets.get(domain)
        if mine is None or theirs is None or mine == theirs:
            continue
        here, there = operator_schema(domain, node.op_type, mine), operator_schema(domain, node.op_type, theirs)
        if here is not None and there is not None and here.since != there.since:
            yield Problem(
                "function-opset",
                f"local function {name} uses opset {mine} of {domain or 'ai.onnx'}, the model {theirs}: {node.op_type} "
                "changed between them, and the ONNX checker refuses the model",
                place,
                remedy=f"write the function for opset {theirs}",
            )
            return


def _both(function: Message, name: str, place: Span | None) -> Iterator[Problem]:
    """An attribute that refers to the function's and has a value of its own, too."""
    for node in function.node:
        for attribute in node.attribute:
            kind = ATTRIBUTE_TYPES.get(kind_of(attribute))
            if not attribute.ref_attr_name or kind is None:
                continue
            field = attribute.DESCRIPTOR.fields_by_name[kind[1]]
            if len(getattr(attribute, kind[1])) if field.is_repeated else attribute.HasField(kind[1]):
                yield Problem(
                    "invalid-attribute",
                    f"in local function {name}, {node.op_type} gives `{attribute.name}` a value and takes it from the "
                    f"function's `{attribute.ref_attr_name}`, too: only one can hold",
                    place,
                    remedy="keep one of them",
                )


def _unused(model: Message, functions: Expansion, places: Places) -> Iterator[Problem]:
    """Functions that nothing calls, not even from functions that are called."""
    reached = set(called(model.graph, functions.functions))
    for training in model.training_info:
        for part in (training.initialization, training.algorithm):
            reached.update(called(part, functions.functions))
    waiting = list(reached)
    while waiting:
        for key in called(functions.functions[waiting.pop()], functions.functions):
            if key not in reached:
                reached.add(key)
                waiting.append(key)
    for key, function in functions.functions.items():
        if key not in reached:
            yield Problem(
                "unused-function",
                f"nothing calls local function {label(key)}: it only makes the file larger",
                places.of(function),
                remedy="leave it out",
            )


def _missing(what: str, remedy: str, place: Span | None) -> Problem:
    return Problem("missing-field", what, place, remedy=remedy)
