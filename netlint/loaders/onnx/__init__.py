"""ONNX models: the protobuf file without its weights, and the text syntax of `onnx.parser`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from netlint.loaders.file import File

if TYPE_CHECKING:
    from netlint.loaders.options import LoadOptions
    from netlint.model import Model

NAME: Final = "ONNX"
SUFFIXES: Final = (".onnx", ".onnxtxt")

#: A model begins with `ir_version`; the producer, the graph, an opset or a domain follows.
_LOOKS_LIKE_ONNX = re.compile(rb"\x08[\x01-\x20](?:[\x12\x1a\x22\x32]|\x28|\x3a|\x42)")
_LOOKS_LIKE_TEXT = re.compile(rb"\s*(?:#[^\n]*\n\s*)*<\s*(?:ir_version|opset_import)\s*:")


def match(file: File) -> int:
    """By the name, or by the look of the first bytes."""
    name = file.path.lower()
    if name.endswith(SUFFIXES):
        return 100
    if _LOOKS_LIKE_TEXT.match(file.head):
        return 80
    return 50 if _LOOKS_LIKE_ONNX.match(file.head) else 0


def load(file: File, options: LoadOptions) -> list[Model]:
    """The model's graph, then its training graphs. See `netlint.loaders`."""
    from netlint.loaders.onnx.document import load_document

    return load_document(file, options)
