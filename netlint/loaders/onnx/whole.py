"""What is wrong with a model as a whole: versions, names, metadata, declarations (onnx/checker.cc, check_model)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from netlint.loaders.onnx import schema
from netlint.loaders.onnx.places import Places
from netlint.loaders.onnx.proto import DATA_TYPES
from netlint.loaders.protobuf import Message
from netlint.model import Place, Problem


def problems(message: Message, places: Places) -> Iterator[Problem]:
    """Everything that is wrong with the header and the declarations of the main graph."""
    place = places.of(message)
    version = message.ir_version
    if not version:
        yield _missing("the model has no `ir_version`: readers cannot know how it is meant", "set `ir_version`", place)
    elif version < 0:
        yield _missing(f"the model has the IR version {version}: the first one is 1", "set `ir_version`", place)
    elif version > schema.NEWEST_IR:
        yield _newer(f"IR version {version}", f"version {schema.NEWEST_IR}", place)
    if not message.opset_import and (version >= 3 or not version):
        yield _missing(
            "the model imports no opset: nobody can say which version of an operator is meant",
            "add an `opset_import` for the default domain",
            place,
        )
    if 0 < version < 3 and message.opset_import:
        yield _newer(f"IR version {version}, but imports opsets", "what that version has (opsets came with 3)", place)
    yield from _opsets(message, places)
    if not message.graph.name:
        unnamed = _missing("the graph has no name: the ONNX checker refuses the model", "give the graph a name", place)
        yield replace(unnamed, severity="warning")
    if not len(message.graph.node):
        yield Problem(
            "empty-graph",
            "the graph has no nodes: it computes nothing",
            place,
            remedy="export the model again, with its layers",
        )
    if version >= 4:
        yield from _also_inputs(message.graph, places)
    for values, what in ((message.graph.input, "input"), (message.graph.output, "output")):
        for value in values:
            yield from _declared(value, what, places)
    yield from _unused_opsets(message, places)
    yield from _twice(message, "the model's metadata", places)
    yield from _twice(message.graph, "the graph's metadata", places)


def _declared(value: Message, what: str, places: Places) -> Iterator[Problem]:
    """What the main graph must say of its inputs and outputs (checker.cc, check_value_info)."""
    place = places.of(value)
    kind = value.type.WhichOneof("value")
    if kind is None:
        yield _missing(
            f"graph {what} `{value.name}` has no type: callers cannot know what to pass or to expect",
            "declare its element type and shape",
            place,
        )
    elif kind == "tensor_type":
        if value.type.tensor_type.elem_type not in DATA_TYPES:
            yield _missing(
                f"graph {what} `{value.name}` has no element type: callers cannot know what to pass or to expect",
                "declare its element type",
                place,
            )
        if not value.type.tensor_type.HasField("shape"):
            unshaped = _missing(
                f"graph {what} `{value.name}` has no shape: the ONNX checker refuses the model",
                "declare its shape, with names for the extents that vary",
                place,
            )
            yield replace(unshaped, severity="warning")


def _unused_opsets(message: Message, places: Places) -> Iterator[Problem]:
    used = {node.domain for function in message.functions for node in function.node}
    graphs = [
        message.graph,
        *(part for info in message.training_info for part in (info.initialization, info.algorithm)),
    ]
    for opset in message.opset_import:
        if opset.domain in ("", "ai.onnx"):
            continue
        if opset.domain not in used and not any(_uses(graph, opset.domain) for graph in graphs):
            yield Problem(
                "unused-opset",
                f"the model imports opset {opset.version} of {opset.domain}, but uses none of its operators",
                places.of(opset) or places.of(message),
                remedy="leave the import out",
            )


def _uses(graph: Message, domain: str) -> bool:
    return any(
        node.domain == domain
        or any(
            (attribute.HasField("g") and _uses(attribute.g, domain))
            or any(_uses(one, domain) for one in attribute.graphs)
            for attribute in node.attribute
        )
        for node in graph.node
    )


def _opsets(message: Message, places: Places) -> Iterator[Problem]:
    place = places.of(message)
    seen: dict[str, int] = {}
    for opset in message.opset_import:
        domain = "" if opset.domain == "ai.onnx" else opset.domain
        here = places.of(opset) or place
        if domain in seen:
            yield Problem(
                "duplicate-field",
                f"the domain {domain or 'ai.onnx'} is imported twice, as {seen[domain]} and {opset.version}",
                here,
                remedy="keep one of them",
                # The highest version counts (onnx.proto, ModelProto.opset_import).
                severity="info" if opset.version == seen[domain] else None,
            )
        seen[domain] = opset.version
        newest = schema.NEWEST.get(domain)
        if newest is not None and opset.version > newest:
            yield _newer(f"opset {opset.version} of {domain or 'ai.onnx'}", f"opset {newest}", here)
        elif not domain and 0 < opset.version < 9:
            yield _old(opset.version, here)
        elif newest is not None and opset.version < 1:
            yield _missing(
                f"the model imports opset {opset.version} of {domain or 'ai.onnx'}: the first one is 1",
                "import a version that exists",
                here,
            )


def _also_inputs(graph: Message, places: Places) -> Iterator[Problem]:
    """Initialisers that a caller may override; before IR version 4 all had to be inputs (docs/IR.md)."""
    inputs = {info.name for info in graph.input}
    stored = {name for tensor in graph.initializer if (name := tensor.name) in inputs}
    both = [info for info in graph.input if info.name in stored]
    if both:
        names = ", ".join(f"`{info.name}`" for info in both[:3]) + (
            f" and {len(both) - 3} more" if len(both) > 3 else ""
        )
        what = (
            f"initialiser {names} is a graph input, too"
            if len(both) == 1
            else f"initialisers {names} are graph inputs, too"
        )
        yield Problem(
            "weights-as-inputs",
            f"{what}: a caller may override stored values, so runtimes must not fold them or pack them in advance",
            places.of(both[0]),
            remedy="leave them out of the graph's inputs (PyTorch: `keep_initializers_as_inputs=False`), "
            "unless callers "
            "are meant to override them",
        )


def _twice(message: Message, where: str, places: Places) -> Iterator[Problem]:
    seen: set[str] = set()
    for entry in message.metadata_props:
        if entry.key in seen:
            yield Problem(
                "duplicate-field",
                f"{where} have the key `{entry.key}` twice: readers keep one of the values, and not all the same one",
                places.of(message) if message.DESCRIPTOR.fields_by_name.get("span") else None,
                remedy="keep one of them",
            )
        seen.add(entry.key)


def _missing(what: str, remedy: str, place: Place | None) -> Problem:
    return Problem("missing-field", what, place, remedy=remedy)


def _newer(what: str, known: str, place: Place | None) -> Problem:
    return Problem(
        "unknown-version",
        f"the model says {what}, newer than {known}, the newest that netlint knows: runtimes of today refuse it",
        place,
        remedy="declare a version that your runtime has, or use a newer netlint",
    )


def _old(version: int, place: Place | None) -> Problem:
    changed = (
        "before opset 7 operators do not broadcast as numpy does, and BatchNormalization has other attributes"
        if version < 7
        else "before opset 9 weights must be listed as inputs, and many operators of today are missing"
    )
    return Problem(
        "opset-old",
        f"the model is written for opset {version}: {changed}; runtimes drop such versions",
        place,
        remedy="export it again for a newer opset, or convert it with `onnx.version_converter`",
    )
