"""One archive: read, checked as a whole, and built into models."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, Final

from netlint.loaders.file import File
from netlint.loaders.options import LoadOptions
from netlint.loaders.torch import archive
from netlint.loaders.torch.arguments import Malformed, mapping
from netlint.loaders.torch.graph import Builder, forget_shapes
from netlint.loaders.torch.places import Places
from netlint.loaders.torch.scope import ranges
from netlint.model import Model, Problem, Source, Training

_DIALECT: Final = "torch"

#: The version of the format that is read (torch/_export/serde/schema.py, SCHEMA_VERSION, since torch 2.6).
_MAJOR: Final = 8

_AGAIN: Final = "export the program again with `torch.export.save`"


def load_document(file: File, options: LoadOptions) -> list[Model]:
    """The models of one archive. Raises OSError when it cannot be read; bad content never raises."""
    source = Source(file.path, binary=True)
    try:
        programs = archive.programs(file)
    except archive.Refused as error:
        return _refused(source, str(error), error.remedy or _AGAIN)
    places = Places(os.path.dirname(os.path.abspath(file.path)) if file.content is None else None)
    models = [_model(program, source, places, options) for program in programs]
    scripts = tuple(script.source for script in places.scripts.values() if script is not None)
    for model in models:
        model.scripts = scripts
    return models


def build(program: Mapping[str, Any], model: Model, builder: Builder) -> None:
    """Fill a model from an exported program. Raises Malformed."""
    version = mapping(program.get("schema_version"), "`schema_version`").get("major")
    if version != _MAJOR:
        wrote = program.get("torch_version")
        by = f" (by torch {wrote})" if isinstance(wrote, str) and len(wrote) < 64 else ""
        raise Malformed(f"it is written in version {version!s:.16} of the format{by}: netlint reads version {_MAJOR}")
    opsets = mapping(program.get("opset_version") or {}, "`opset_version`")
    model.opsets = {name: number for name, number in opsets.items() if isinstance(number, int)}
    model.extents = ranges(program)
    try:
        builder.build(mapping(program.get("graph_module"), "`graph_module`"))
    except RecursionError:
        raise Malformed("it is nested too deeply") from None


def _model(program: archive.Program, source: Source, places: Places, options: LoadOptions) -> Model:
    training = Training(weights=options.weights or "pretrained")
    model = Model(program.name, _DIALECT, source, task=options.task, training=training, traced=not options.input_shapes)
    builder = Builder(model, places, options.input_shapes, program.members)
    try:
        build(program.document, model, builder)
    except Malformed as error:
        return _refused(source, f"this is no exported program that can be read: {error}", _AGAIN)[0]
    if options.input_shapes:
        forget_shapes(model)
    return model


def _refused(source: Source, reason: str, remedy: str) -> list[Model]:
    return [Model("", _DIALECT, source, problems=[Problem("unreadable-model", reason, None, remedy=remedy)])]
