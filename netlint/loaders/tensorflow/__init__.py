"""TensorFlow graphs: `SavedModel` folders, frozen and training `GraphDef`, `MetaGraphDef`, binary or as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from netlint.loaders.file import File

if TYPE_CHECKING:
    from netlint.loaders.options import LoadOptions
    from netlint.model import Model

NAME: Final = "TensorFlow"
SUFFIXES: Final = (".pb", ".pbtxt", ".meta")

#: Files of a SavedModel folder; the first that is there is its graph.
FOLDER_FILES: Final = ("saved_model.pb", "saved_model.pbtxt")

#: Other messages than graphs that lie beside them.
_NO_GRAPHS: Final = ("keras_metadata.pb", "fingerprint.pb")

#: A node: its length, the length of its name, the name, then the operator. What comes first may also be the library
#: or the version.
_NODE = rb"\x0a[\x01-\x7f]\x0a[\x01-\x7f][\w./>-]|\x0a[\x80-\xff]{1,4}[\x01-\x7f]\x0a[\x01-\x7f][\w./>-]"
_LOOKS_LIKE_GRAPH = re.compile(rb"(?:" + _NODE + rb")[\w./\\>-]*\x12[\x01-\x7f]_*[A-Za-z]\w+")
#: A SavedModel: the schema's version 1, then a MetaGraphDef, which begins with its MetaInfoDef or its graph.
_LOOKS_LIKE_SAVED = re.compile(rb"\x08\x01\x12[\x80-\xff]{0,5}[\x00-\x7f](?:\x0a|\x12)")
#: A MetaGraphDef: its MetaInfoDef comes first, and that begins with one of its fields.
_LOOKS_LIKE_META = re.compile(rb"\x0a[\x80-\xff]{0,5}[\x00-\x7f][\x0a\x12\x1a\x22\x2a\x32\x3a\x40]")
_LOOKS_LIKE_TEXT = re.compile(
    rb"(?:\s|#[^\n]*\n)*(?:node|library|versions|meta_graphs|saved_model_schema_version|meta_info_def|graph_def)\s*[:{<]"
)
_NODE_IN_TEXT = re.compile(rb"\bop\s*:\s*[\"']|\bmeta_graphs\b|\bmeta_info_def\b|\blibrary\s*\{|\bversions\s*\{")


def match(file: File) -> int:
    """By the name of a SavedModel's file, else by the look of the first bytes."""
    name = file.path.lower().replace("\\", "/").rpartition("/")[2]
    if name in FOLDER_FILES:
        return 100
    if name in _NO_GRAPHS:
        return 0
    head = file.head
    ours = name.endswith(SUFFIXES)
    if _LOOKS_LIKE_TEXT.match(head) and _NODE_IN_TEXT.search(head):
        return 90 if ours else 70
    if _LOOKS_LIKE_GRAPH.match(head):
        return 90 if ours else 40
    if _LOOKS_LIKE_SAVED.match(head) or _LOOKS_LIKE_META.match(head):
        return 85 if ours else 0
    return 0


def looks_like_text(head: bytes) -> bool:
    """Whether the first bytes are a text form's."""
    return _LOOKS_LIKE_TEXT.match(head) is not None


def root_of(file: File) -> Literal["saved", "meta", "graph"]:
    """What a binary file holds, by its name and its first bytes."""
    name = file.path.lower().replace("\\", "/").rpartition("/")[2]
    if name in FOLDER_FILES or _LOOKS_LIKE_SAVED.match(file.head):
        return "saved"
    if name.endswith(".meta") or (_LOOKS_LIKE_META.match(file.head) and not _LOOKS_LIKE_GRAPH.match(file.head)):
        return "meta"
    return "graph"


def load(file: File, options: LoadOptions) -> list[Model]:
    """One model for each signature of a SavedModel, else one for the graph. See `netlint.loaders`."""
    from netlint.loaders.tensorflow.document import load_document

    return load_document(file, options)


def op_types() -> frozenset[str]:
    """The operators that netlint knows by TensorFlow's names."""
    from netlint.loaders.tensorflow import elementwise, layers, moving

    return frozenset((*layers.HANDLERS, *elementwise.HANDLERS, *moving.HANDLERS))
