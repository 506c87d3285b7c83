"""Caffe definitions: nets and solvers in the protobuf text format."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from netlint.loaders.file import File

if TYPE_CHECKING:
    from netlint.loaders.options import LoadOptions
    from netlint.model import Model

NAME: Final = "Caffe"
SUFFIXES: Final = (".prototxt",)

_LOOKS_LIKE_CAFFE = re.compile(
    rb"^[ \t]*(?:layers?[ \t]*:?[ \t]*\{|name[ \t]*:|input(?:_dim|_shape)?[ \t]*[:{]|(?:train_|test_)?net[ \t]*:"
    rb"|base_lr[ \t]*:|net_param[ \t]*\{)",
    re.MULTILINE,
)


def match(file: File) -> int:
    """By the name (`.prototxt`, also before a backup's ending), or by the look of the first lines."""
    name = file.path.lower()
    if name.endswith(SUFFIXES):
        return 100
    if ".prototxt" in name.rpartition("/")[2]:
        return 90
    return 60 if _LOOKS_LIKE_CAFFE.search(file.head) and b"\0" not in file.head else 0


def load(file: File, options: LoadOptions) -> list[Model]:
    """One model a phase. See `netlint.loaders`."""
    from netlint.loaders.caffe.document import load_document

    return load_document(file, options)
