"""One ONNX file: read, checked as a whole, and built into models."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from netlint.loaders.file import File, NotText
from netlint.loaders.inline import with_inline
from netlint.loaders.onnx import external, function_checks, schema, whole, wire
from netlint.loaders.onnx.building import Build, Refused
from netlint.loaders.onnx.functions import Expansion, expansion
from netlint.loaders.onnx.graph import build_graph
from netlint.loaders.onnx.places import Places
from netlint.loaders.onnx.scope import Scope
from netlint.loaders.options import LoadOptions
from netlint.loaders.protobuf import Message
from netlint.model import Model, Problem, Source, Training

_DIALECT: Final = "onnx"


def load_document(file: File, options: LoadOptions) -> list[Model]:
    """The models of one file. Raises OSError when it cannot be read; bad content never raises."""
    if file.path.lower().endswith(".onnxtxt") or (
        file.content is not None and b"\0" not in file.head and _is_text(file)
    ):
        return _load_text(file, options)
    return _load_binary(file, options)


def _is_text(file: File) -> bool:
    return file.head.lstrip()[:1] in (b"<", b"#") or not file.path.lower().endswith(".onnx")


def _load_binary(file: File, options: LoadOptions) -> list[Model]:
    from google.protobuf.message import DecodeError

    from netlint.loaders.onnx import proto

    source = Source(file.path, binary=True)
    stream = BytesIO(file.content) if file.content is not None else open(file.path, "rb")  # noqa: SIM115
    with stream:
        try:
            kept = wire.structure(stream, file.size)
            message = proto.ModelProto.FromString(kept)
            elsewhere = b"location" in kept
            if not options.onnx_inference:
                # A large graph needs the memory.
                kept = b""
            models = _models(message, Places(source, text=False), file, options, elsewhere=elsewhere)
            if options.onnx_inference and not _hopeless(models[0]):
                from netlint.loaders.onnx.inference import inferred

                models[0].elsewhere, problems = inferred(kept)
                models[0].problems += problems
        except wire.Malformed as error:
            return _refused(source, f"this is no ONNX model that can be read: {error}")
        except DecodeError:
            return _refused(source, "this is no ONNX model: its messages cannot be decoded, or a name is no UTF-8 text")
        except Refused as error:
            return _refused(source, str(error))
    return models


def _load_text(file: File, options: LoadOptions) -> list[Model]:
    from netlint.loaders.onnx.text import parse

    source = Source(file.path)
    try:
        source.text = file.text()
    except NotText as error:
        return _refused(source, str(error))
    options, odd = with_inline(source, options)
    parsed = parse(source.text)
    if parsed.errors:
        wrong = [error.within(source) for error in parsed.errors]
        return [Model("", _DIALECT, source, problems=[*wrong, *odd])]
    try:
        models = _models(parsed.model, Places(source, text=True), file, options, alone=not parsed.has_header)
    except Refused as error:
        return _refused(source, str(error))
    models[0].problems += odd
    if options.onnx_inference:
        from netlint.loaders.onnx.inference import failed

        models[0].problems.append(failed("it reads binary models, and this is a text", "info"))
    return models


def _refused(source: Source, reason: str) -> list[Model]:
    problem = Problem("unreadable-model", reason, None, remedy="export the model again, or fetch the whole file")
    return [Model("", _DIALECT, source, problems=[problem])]


def _models(
    message: Message,
    places: Places,
    file: File,
    options: LoadOptions,
    *,
    alone: bool = False,
    elsewhere: bool = True,
) -> list[Model]:
    """The models of a message. A graph `alone`, without a header, is read as of the newest opset; `elsewhere` says
    that elements may lie in other files."""
    if not message.HasField("graph"):
        return _refused(places.source, "this is no ONNX model: there is no graph in it")
    functions, problems = expansion(message)
    opsets = {("" if one.domain == "ai.onnx" else one.domain): one.version for one in message.opset_import}
    if alone:
        opsets = dict(schema.NEWEST)
    model, scope, build = _build(message.graph, places, functions, opsets, options)
    model.problems[:0] = [*(() if alone else whole.problems(message, places)), *problems]
    model.problems += function_checks.problems(message, functions, opsets, places)
    model.problems += external.problems(build.tensors, message if elsewhere else None, file)
    if options.read_weights:
        from netlint.loaders.onnx.payload import measure

        measure(build.tensors, file)
    models = [model]
    for training in message.training_info:
        for part, phase in ((training.initialization, "INIT"), (training.algorithm, "TRAIN")):
            if len(part.node):
                models.append(_build(part, places, functions, opsets, options, phase, scope)[0])
                if phase == "TRAIN":
                    model.trained_as = models[-1]
    return models


def _hopeless(model: Model) -> bool:
    """Whether other tools would hang or stop on the model at once."""
    return any(problem.rule in ("function-expansion", "cycle", "unreadable-model") for problem in model.problems)


def _build(
    graph: Message,
    places: Places,
    functions: Expansion,
    opsets: dict[str, int],
    options: LoadOptions,
    phase: str = "",
    outer: Scope | None = None,
) -> tuple[Model, Scope, Build]:
    started = Training(weights=options.weights or "pretrained")
    model = Model(graph.name, _DIALECT, places.source, phase=phase, task=options.task, training=started)
    model.opsets = opsets
    build = Build(model, places, functions, options.input_shapes, keep_tensors=options.read_weights)
    scope = build_graph(build, graph, opsets, outer)
    return model, scope, build
