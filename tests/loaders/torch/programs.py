"""Programs for tests: those that are stored beside their networks, small graphs by hand, and the archive around both."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from netlint.loaders import File
from netlint.loaders.torch import archive, document
from netlint.loaders.torch.graph import Builder, forget_shapes
from netlint.loaders.torch.places import Places
from netlint.model import Model, Source

ROOT = Path(__file__).parents[3]
FIXTURES = ROOT / "fixtures" / "torch"
CORPUS = ROOT.parent / "shared" / "corpora" / "pt2"

needs_corpus = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of exported programs is not at hand")


def zipped(members: Mapping[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members.items():
            target.writestr(name, data)
    return stream.getvalue()


def archived(program: Any) -> bytes:
    """An archive as `torch.export.save` writes it, of one program."""
    return zipped({"m/archive_format": "pt2", "m/models/model.json": json.dumps(program)})


def tensor(*sizes: int | str, dtype: int = 7, grad: bool = False) -> dict[str, Any]:
    """A tensor's description; texts are symbols."""
    listed = [
        {"as_int": size} if isinstance(size, int) else {"as_expr": {"expr_str": size, "hint": {"as_int": 2}}}
        for size in sizes
    ]
    return {"dtype": dtype, "sizes": listed, "requires_grad": grad}


def call(target: str, output: str | Sequence[str], /, **inputs: Any) -> dict[str, Any]:
    """A call of an aten operator; texts that begin with % are tensors."""

    def argument(value: Any) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        if isinstance(value, str) and value.startswith("%"):
            return {"as_tensor": {"name": value[1:]}}
        if isinstance(value, list) and value and str(value[0]).startswith("%"):
            return {"as_tensors": [{"name": one[1:]} for one in value]}
        kinds: dict[type, str] = {bool: "as_bool", int: "as_int", float: "as_float", str: "as_string", list: "as_ints"}
        return {kinds[type(value)]: value} if value is not None else {"as_none": True}

    names = [output] if isinstance(output, str) else list(output)
    return {
        "target": f"torch.ops.aten.{target}",
        "inputs": [{"name": name, "arg": argument(value), "kind": 1} for name, value in inputs.items()],
        "outputs": [{"as_tensor": {"name": name}} for name in names],
        "metadata": {},
        "name": names[0],
    }


def program(
    nodes: Sequence[Any],
    tensors: Mapping[str, Any],
    outputs: Sequence[str],
    parameters: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """A whole program: what is neither made by a node nor a parameter is an input."""
    made = {one["as_tensor"]["name"] for node in nodes if isinstance(node, dict) for one in node["outputs"]}
    stored = parameters or {}
    specs: list[dict[str, Any]] = [
        {"parameter": {"arg": {"name": name}, "parameter_name": own}} for name, own in stored.items()
    ]
    specs += [
        {"user_input": {"arg": {"as_tensor": {"name": name}}}}
        for name in tensors
        if name not in made and name not in stored
    ]
    return {
        "graph_module": {
            "graph": {
                "inputs": [],
                "outputs": [{"as_tensor": {"name": name}} for name in outputs],
                "nodes": list(nodes),
                "tensor_values": dict(tensors),
                "sym_int_values": {},
            },
            "signature": {"input_specs": specs, "output_specs": []},
        },
        "opset_version": {"aten": 10},
        "range_constraints": {},
        "schema_version": {"major": 8, "minor": 20},
    }


def built(path: Path, *, hide: bool = False) -> list[Model]:
    """The models of a file; with `hide` without the shapes that it declares for computed values."""
    models = []
    for found in archive.programs(File(str(path))):
        model = Model(found.name, "torch", Source(str(path), binary=True))
        document.build(found.document, model, Builder(model, Places(None), (), found.members))
        if hide:
            forget_shapes(model)
        models.append(model)
    return models
