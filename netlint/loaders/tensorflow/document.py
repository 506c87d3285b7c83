"""One TensorFlow file: read, taken for what it is, and built into models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from netlint.loaders.file import File, NotText
from netlint.loaders.inline import with_inline
from netlint.loaders.options import LoadOptions
from netlint.loaders.protobuf import Message
from netlint.loaders.reads import is_file
from netlint.loaders.tensorflow import FOLDER_FILES, elementwise, layers, moving
from netlint.loaders.tensorflow.build import Builder, copies
from netlint.loaders.tensorflow.graph import Endless, Graph, Op, Port, Refused
from netlint.loaders.tensorflow.patterns import Finder, Match, seen
from netlint.loaders.tensorflow.places import Places
from netlint.loaders.tensorflow.roles import DATA, Roles
from netlint.loaders.tensorflow.training import training_of
from netlint.loaders.tensorflow.variables import VARIABLES, Variables
from netlint.model import UNKNOWN, Attr, Model, Problem, Source, Value

_DIALECT: Final = "tensorflow"
_HANDLERS: Final = {**layers.HANDLERS, **elementwise.HANDLERS, **moving.HANDLERS}

#: A SavedModel may have a signature for each of its uses; more than a few say the same again.
_MOST_SIGNATURES: Final = 8
_SERVING: Final = "serving_default"
#: Signatures that only prepare the model, and Keras 3's second name for the first one.
_NOT_SERVED: Final = ("__saved_model_init_op", "__saved_model_train_op")
_MOST_TOLD: Final = 20


@dataclass(frozen=True, slots=True)
class _Part:
    """A graph to lint: the whole of a GraphDef, or what a signature needs."""

    graph: Graph
    name: str = ""
    outputs: tuple[str, ...] | None = None


def load_document(file: File, options: LoadOptions) -> list[Model]:
    """The models of one file. Raises OSError when it cannot be read; bad content never raises."""
    from google.protobuf.message import DecodeError

    from netlint.loaders.wire import Malformed

    if b"\0" not in file.head and _is_text(file):
        return _load_text(file, options)
    described = _by_keras(file, options)
    if described:
        return described
    source = Source(file.path, binary=True)
    try:
        messages = _read(file)
    except Malformed as error:
        return _refused(source, f"this is no TensorFlow graph that can be read: {error}")
    except DecodeError:
        return _refused(source, "this is no TensorFlow graph: its messages cannot be decoded")
    return _models(messages, Places(source, text=False), options)


def _by_keras(file: File, options: LoadOptions) -> list[Model]:
    """What Keras 2 wrote of its model beside the graph: layers, losses and initialisers, of which the graph has only
    what computes. Nothing where it wrote none, or only what a subclass does in Python."""
    folder, name = os.path.split(file.path)
    beside = os.path.join(folder, "keras_metadata.pb")
    if file.content is not None or name not in FOLDER_FILES or not is_file(beside):
        return []
    from netlint.loaders import keras

    try:
        models = keras.load(File(beside), options)
    except OSError:
        return []
    return models if any(model.nodes for model in models) else []


def _is_text(file: File) -> bool:
    from netlint.loaders.tensorflow import looks_like_text

    return file.path.lower().endswith(".pbtxt") or looks_like_text(file.head)


def _read(file: File) -> list[Message]:
    """The graph, or the MetaGraphDefs of a SavedModel. Raises Malformed, DecodeError and OSError."""
    from netlint.loaders.tensorflow import proto, root_of, wire

    root = root_of(file)
    kind = {"saved": proto.SavedModel, "meta": proto.MetaGraphDef, "graph": proto.GraphDef}[root]
    stream = BytesIO(file.content) if file.content is not None else open(file.path, "rb")  # noqa: SIM115
    with stream:
        message = kind.FromString(wire.structure(stream, file.size, root))
    return list(message.meta_graphs) if root == "saved" else [message]


def _load_text(file: File, options: LoadOptions) -> list[Model]:
    from netlint.loaders.tensorflow import proto, text
    from netlint.loaders.text_format import parse

    source = Source(file.path)
    try:
        source.text = file.text()
    except NotText as error:
        return _refused(source, str(error))
    options, odd = with_inline(source, options)
    parsed = parse(source.text)
    problems = [error.within(source) for error in parsed.errors]
    names = {item.name for item in parsed.root.fields}
    kind = (
        proto.SavedModel
        if "meta_graphs" in names
        else proto.MetaGraphDef
        if names & {"graph_def", "meta_info_def"}
        else proto.GraphDef
    )
    message, reading = kind(), text.Reading(source)
    if not problems:
        text.fill(message, parsed.root, reading)
        problems = reading.problems
    if problems:
        return [Model("", _DIALECT, source, problems=[*problems, *odd])]
    messages = list(message.meta_graphs) if kind is proto.SavedModel else [message]
    models = _models(messages, Places(source, text=True), options)
    models[0].problems += odd
    return models


def _refused(source: Source, reason: str) -> list[Model]:
    problem = Problem("unreadable-model", reason, None, remedy="export the model again, or fetch the whole file")
    return [Model("", _DIALECT, source, problems=[problem])]


def _models(messages: list[Message], places: Places, options: LoadOptions) -> list[Model]:
    models: list[Model] = []
    for message in messages:
        for part in _parts(message):
            try:
                models.append(_build(part, places, options, saved=part.outputs is not None))
            except Endless as error:
                problem = Problem(
                    "function-expansion",
                    f"this graph cannot be written out: {error}",
                    remedy="let no function call itself, nor another one twice, level after level",
                )
                models.append(Model("", _DIALECT, places.source, problems=[problem]))
            except Refused as error:
                models += _refused(places.source, f"this graph cannot be written out: {error}")
    if not models:
        return _refused(places.source, "there is no graph in it")
    return models


def _parts(message: Message) -> Iterator[_Part]:
    """The graph of a message, once for each signature that it is served by."""
    if message.DESCRIPTOR.name == "GraphDef":
        yield _Part(Graph(message))
        return
    if not message.HasField("graph_def"):
        return
    graph = Graph(message.graph_def)
    named = {
        entry.key: tuple(output.value.name for output in entry.value.outputs if output.value.name)
        for entry in message.signature_def
        if entry.key not in _NOT_SERVED
    }
    served = {name: outputs for name, outputs in named.items() if outputs}
    if _SERVING in served:
        served = {_SERVING: served[_SERVING]}
    if not served:
        yield _Part(graph)
    for name, outputs in list(served.items())[:_MOST_SIGNATURES]:
        yield _Part(graph, name if len(served) > 1 else "", outputs)


@dataclass(slots=True)
class _Wrong:
    """What is wrong with the graph as such, in the order in which it was found."""

    graph: Graph
    places: Places
    problems: list[Problem] = field(default_factory=list)

    def twice(self) -> None:
        for node in self.graph.twice[:_MOST_TOLD]:
            self.problems.append(
                Problem(
                    "duplicate-top",
                    f"{node.op} `{node.name}` has the name of an earlier node: TensorFlow refuses the graph",
                    self.places.at(node.span) if node.HasField("span") else None,
                    remedy="give each node a name of its own",
                )
            )

    def missing(self) -> None:
        for op, slot, name in self.graph.missing[:_MOST_TOLD]:
            self.problems.append(
                Problem(
                    "unknown-bottom",
                    f"{op.type} `{op.raw.name}` reads `{name[:200]}` as input {slot}, but there is no such node: "
                    "TensorFlow refuses the graph",
                    self.places.input(op, slot) or self.places.name(op),
                    remedy="connect the input, or add the node that is missing",
                )
            )

    def circles(self) -> None:
        for circle in self.graph.circles[:1]:
            names = " -> ".join(f"`{op.raw.name}`" for op in circle[:6])
            more = f" and {len(circle) - 6} more" if len(circle) > 6 else ""
            self.problems.append(
                Problem(
                    "cycle",
                    f"nodes wait for each other in a circle: {names}{more}: none of them can ever run",
                    self.places.name(circle[0]),
                    remedy="cut the circle: loops are written with `While`, or with Enter, Merge and NextIteration",
                )
            )


def _build(part: _Part, places: Places, options: LoadOptions, *, saved: bool) -> Model:
    graph = part.graph
    roles = Roles(dict(graph.main.function.nodes))
    names = part.outputs if part.outputs is not None else tuple(roles.roots())
    roots = [port for name in names if (port := graph.port(graph.main, name)) is not None]
    if not saved:
        # A copy of an input is no result: savers copy the name of their file.
        graph.ordered(roots)
        roots = [root for root in roots if (end := seen(root)) is not None and end.op.type not in DATA]
    stored = saved or not roles.assigned
    training = training_of(graph, roles, places, options.weights or ("pretrained" if stored else "unknown"))
    model = Model(part.name, _DIALECT, places.source, task=options.task, training=training)
    variables = Variables(graph, places, roles.assigned, roles.trained if not saved else frozenset())
    ops = graph.ordered(roots)
    matches = _matched(ops, trained=bool(roles.trained))
    ops = _needed(roots, matches) if matches else ops
    build = Builder(model, places, variables, matches, options.input_shapes)
    for op in ops:
        _add(build, op, matches.get(op))
    model.results = tuple(_results(build, roots))
    _prune(model)
    model.elsewhere = build.elsewhere
    _settle_losses(model)
    wrong = _Wrong(graph, places)
    wrong.twice()
    wrong.missing()
    wrong.circles()
    model.problems += wrong.problems
    if not model.nodes and not model.problems:
        model.problems.append(Problem("empty-graph", "nothing in the graph computes anything from its inputs", None))
    return model


def _matched(ops: list[Op], *, trained: bool) -> dict[Op, Match]:
    uses: dict[Op, int] = {}
    for op in ops:
        for port in op.inputs:
            if port is not None:
                uses[port.op] = uses.get(port.op, 0) + 1
    return Finder(uses, trained).run(ops)


def _needed(roots: Iterable[Port], matches: dict[Op, Match]) -> list[Op]:
    """The operators that are left once the patterns stand for what they are made of, makers before readers."""
    order: list[Op] = []
    seen: set[Op] = set()
    for root in roots:
        if root.op in seen:
            continue
        seen.add(root.op)
        stack: list[tuple[Op, Iterator[Port]]] = [(root.op, _reads(root.op, matches))]
        while stack:
            op, waiting = stack[-1]
            for port in waiting:
                if port.op not in seen:
                    seen.add(port.op)
                    stack.append((port.op, _reads(port.op, matches)))
                    break
            else:
                order.append(op)
                stack.pop()
    return order


def _reads(op: Op, matches: dict[Op, Match]) -> Iterator[Port]:
    match = matches.get(op)
    return (port for port in (op.inputs if match is None else match.inputs) if port is not None)


def _add(build: Builder, op: Op, match: Match | None) -> None:
    if match is not None:
        layers.MATCHES[match.kind](build, op, match)
    elif copies(op):
        build.alias(op, op.input(0))
    elif op.type not in VARIABLES and op.type != "Const":
        _HANDLERS.get(op.type, moving.opaque)(build, op)


def _results(build: Builder, roots: Iterable[Port]) -> Iterator[Value]:
    seen: set[Value] = set()
    for port in roots:
        value = build.value(port)
        if value not in seen and value.producer is not None:
            seen.add(value)
            yield value


def _prune(model: Model) -> None:
    """Forget nodes that only served what a pattern or an attribute now says: the mask's size, computed axes. What is
    stored is made a value when something reads it: where nothing does any more, it is a layer's parameter."""
    waiting = [value.producer for value in model.results or () if value.producer is not None]
    kept = set(waiting)
    while waiting:
        for other in waiting.pop().predecessors:
            if other not in kept:
                kept.add(other)
                waiting.append(other)
    for node in model.nodes:
        if node not in kept:
            for edge in node.inputs:
                if edge in edge.value.uses:
                    edge.value.uses.remove(edge)
    model.nodes = [node for node in model.nodes if node in kept]
    model.stored = [value for value in model.stored if value.uses]


def _settle_losses(model: Model) -> None:
    """A loss that gives one number a sample is a mean where nothing but a mean reads it; else nothing is said."""
    for node in model.by_op.get("CrossEntropyLoss", ()):
        readers = list(node.successors)
        if len(readers) != 1 or readers[0].op != "ReduceMean":
            node.attrs = {**node.attrs, "normalization": Attr("normalization", UNKNOWN)}
    vars(model).pop("by_op", None)
