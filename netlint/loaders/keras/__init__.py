"""Keras models of every generation: `.keras` archives, HDF5 files, and the JSON of `model.to_json()`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from netlint.loaders.file import File

if TYPE_CHECKING:
    from netlint.loaders.options import LoadOptions
    from netlint.model import Model

NAME: Final = "Keras"
#: In folders, JSON and HDF5 that hold no model are left alone.
SUFFIXES: Final = (".keras", ".h5", ".hdf5", ".json")

_HDF5: Final = b"\x89HDF\r\n\x1a\n"
#: An object that names a class: `{"class_name": "Sequential", ...`, in any order. Comments may stand before.
_LOOKS_LIKE_MODEL = re.compile(rb'\s*(?://[^\n]*\n\s*)*\{.*"class_name"\s*:', re.DOTALL)


def match(file: File) -> int:
    """By the name, or by the look of the first bytes."""
    name = file.path.lower()
    if name.endswith((".keras", "keras_metadata.pb")):
        return 100
    if file.head.startswith(_HDF5) or name.endswith((".h5", ".hdf5")):
        return 90
    if _LOOKS_LIKE_MODEL.match(file.head):
        return 90 if name.endswith(".json") else 60
    return 50 if file.head.startswith(b"PK\x03\x04") and b"config.json" in file.head else 0


def load(file: File, options: LoadOptions) -> list[Model]:
    """One model a file. See `netlint.loaders`."""
    from netlint.loaders.keras.document import load_document

    return load_document(file, options)
