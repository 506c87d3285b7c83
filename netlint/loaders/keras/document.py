"""A file as Keras models: its text found, parsed and wired."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from netlint.loaders.file import MAX_TEXT_BYTES, File, NotText
from netlint.loaders.inline import with_inline
from netlint.loaders.keras.build import Builder, TooLarge
from netlint.loaders.keras.calls import references
from netlint.loaders.keras.entries import read_layer
from netlint.loaders.keras.layer import Layer
from netlint.loaders.keras.layers import translation
from netlint.loaders.keras.network import build_model
from netlint.loaders.keras.optimiser import Compiled
from netlint.loaders.keras.places import ConstructedPlaces, Path, Places
from netlint.loaders.keras.training import add_training
from netlint.loaders.keras.translate import is_model
from netlint.loaders.options import LoadOptions
from netlint.model import Model, Problem, Source, Span, Unknown, Value

_HDF5: Final = b"\x89HDF\r\n\x1a\n"
#: A comment at the end of a line, or on one of its own. JSON has none, but people keep notes in what they read.
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*')


class Refused(Exception):
    """The file is no model that netlint can read: why, and what to do."""

    def __init__(self, reason: str, remedy: str = "", *, stranger: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy
        #: The file is sound, but holds something else.
        self.stranger = stranger


@dataclass(frozen=True, slots=True)
class Definition:
    """The JSON texts of one model: its architecture, and what HDF5 files keep of training beside it.

    `document` and `training_document` name them inside a binary file.
    """

    text: str
    document: str = ""
    training: str = ""
    training_document: str = ""
    #: Where the model stands in its text.
    root: Path = ()
    #: Where the layers of a model in memory were made, by their names.
    constructed: Mapping[tuple[str, ...], Span] = field(default_factory=dict)


def load_document(file: File, options: LoadOptions) -> list[Model]:
    """The model of a file, or an empty one that says why there is none."""
    source = Source(file.path, binary=True)
    try:
        if file.head.startswith(_HDF5) or file.path.lower().endswith((".h5", ".hdf5")):
            from netlint.loaders.keras.hdf5 import read_hdf5

            definition = read_hdf5(file)
        elif file.path.lower().endswith("keras_metadata.pb"):
            from netlint.loaders.keras.metadata import read_metadata

            if file.size > MAX_TEXT_BYTES:
                raise Refused(f"the file has {file.size:,} bytes, more than any model's description")
            definition = read_metadata(file.read())
        elif file.head.startswith(b"PK") or file.path.lower().endswith(".keras"):
            from netlint.loaders.keras.archive import read_archive

            definition = read_archive(file)
        else:
            text = _text(file)
            # Nobody has seen the JSON of a model in memory: its places are those where it was made.
            source = Source(file.path, text, binary=file.constructed is not None)
            definition = Definition(text, constructed=file.constructed or {})
        model = load_definition(source, definition, options)
        opaque = not model.nodes and any(problem.rule == "opaque-model" for problem in model.problems)
        # Keras writes optimisers, tokenizers and the like in the same form.
        return [] if file.found and opaque and not source.binary else [model]
    except Refused as refusal:
        if file.found and refusal.stranger:
            return []
        problem = Problem("unreadable-model", refusal.reason, None, remedy=refusal.remedy)
        return [Model("", "keras", source, problems=[problem])]


def _text(file: File) -> str:
    try:
        return file.text()
    except NotText as error:
        raise Refused(str(error), "write the file anew with `model.to_json()`") from None


def load_definition(source: Source, definition: Definition, options: LoadOptions) -> Model:
    """The model that a definition describes. Raises Refused."""
    text = definition.text
    data, text = _parsed(text)
    if not isinstance(data, dict) or not isinstance(data.get("config"), dict | list):
        raise Refused(
            "the JSON is no model: it has no `config` object",
            "write the file with `model.save`, or with `model.to_json()`",
            stranger=True,
        )
    entry = data
    for step in definition.root:
        entry = entry[step]
    options, problems = with_inline(source, options)
    if definition.constructed:
        places: Places = ConstructedPlaces(source, text, data, definition.constructed)
    else:
        places = Places(source, text, definition.document)
    root = read_layer(entry, definition.root, places)
    if root is None:
        raise Refused(
            "the JSON names no `class_name`, so it is no model",
            "write the file with `model.to_json()`",
            stranger=True,
        )
    model = Model(root.name, "keras", source, problems=problems)
    model.task = options.task
    builder = Builder(model)
    builder.scope.frozen = False
    if is_model(root):
        _build(builder, root, options)
    elif not root.custom and translation(root.kind) is not None:
        raise Refused(f"the JSON describes a single layer ({root.label}), not a model", stranger=True)
    else:
        _tell_opaque(model, root)
    compiled = _compiled(data, places, definition, source)
    if compiled is not None:
        add_training(model, compiled, _output_names(root, model))
    if options.weights is not None:
        model.training = replace(model.training, weights=options.weights)
    return model


def _build(builder: Builder, root: Layer, options: LoadOptions) -> None:
    builder.scope.frozen = not root.flag("trainable", True)
    try:
        made = build_model(builder, root, None)
    except TooLarge as error:
        raise Refused(str(error), "check the file: no network that trains is that large") from None
    except RecursionError:
        raise Refused("layers stand inside layers too deeply: no model needs so many levels") from None
    model = builder.model
    if not model.nodes:
        model.problems.append(
            Problem("empty-graph", f"{root.label} has no layers", root.span, remedy="add layers to the model")
        )
    model.results = tuple(made.outputs) or None
    _given_shapes(made.inputs, options)


def _given_shapes(inputs: list[Value], options: LoadOptions) -> None:
    """Shapes of inputs that the user knows better than the file."""
    for given in options.input_shapes:
        for value in inputs:
            if given.name and given.name not in (value.name, value.producer.name if value.producer else ""):
                continue
            shape = value.shape
            if isinstance(shape, Unknown) or len(given.dims) == len(shape):
                value.shape = given.dims
            elif len(given.dims) == len(shape) - 1:
                value.shape = (shape[0], *given.dims)


def _parsed(text: str) -> tuple[Any, str]:
    """The data, and the text that was parsed: without its comments, where there are any."""
    try:
        return json.loads(text), text
    except RecursionError:
        raise Refused("the JSON is nested too deeply: no model needs so many levels") from None
    except ValueError:
        if "//" in text:
            bare = _COMMENT.sub(lambda found: found[1] or " " * len(found[0]), text)
            try:
                return json.loads(bare), bare
            except RecursionError:
                raise Refused("the JSON is nested too deeply: no model needs so many levels") from None
            except ValueError as second:
                error = second
        raise Refused(f"the JSON is broken: {error}", "write the file anew with `model.to_json()`") from None


def _compiled(data: Mapping[str, Any], places: Places, definition: Definition, source: Source) -> Compiled | None:
    """What is said of training: in the model's own JSON, or beside it."""
    for key in ("compile_config", "training_config"):
        if isinstance(data.get(key), dict) and _says(data[key]):
            return Compiled(data[key], places, (key,))
    if not definition.training:
        return None
    try:
        found, text = _parsed(definition.training)
    except Refused:
        return None
    if not isinstance(found, dict) or not _says(found):
        return None
    return Compiled(found, Places(source, text, definition.training_document), ())


def _says(config: Mapping[str, Any]) -> bool:
    return any(config.get(key) is not None for key in ("loss", "optimizer", "optimizer_config"))


def _output_names(root: Layer, model: Model) -> list[str]:
    """The names by which a dictionary of losses means the outputs: their own, or those of the layers that make them."""
    given, count = root.config.get("output_layers"), len(model.results or ())
    names = list(given) if isinstance(given, dict) else [ref.layer for ref in references(given)]
    if len(names) == count:
        return names
    return [value.producer.name if value.producer is not None else "" for value in model.results or ()]


def _tell_opaque(model: Model, root: Layer) -> None:
    model.problems.append(
        Problem(
            "opaque-model",
            f"{root.label} is a class of its own: its layers are made by its Python code and do not stand in the file, "
            "so netlint sees none of them",
            root.span,
            remedy="build the model with the functional API, or lint the Python source",
        )
    )
