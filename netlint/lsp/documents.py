"""Which files are whose: texts that are linted as they are typed, models that are read from disk, configurations."""

from __future__ import annotations

import os
from typing import Final

from pygls.uris import from_fs_path, to_fs_path

#: Definitions as text. Of those that other programs use as well, a loader looks at the first lines.
TEXTS: Final = (".prototxt", ".pbtxt", ".onnxtxt", ".json")
#: Models that no editor shows as text. Checkpoints that training writes all day are looked at when somebody opens them.
WATCHED: Final = (".onnx", ".keras", ".h5", ".hdf5", ".pt2", ".pb")
_OPENED: Final = (*WATCHED, ".pt", ".pth", ".safetensors", ".meta")
#: What an editor may call the language of a text whose name says nothing.
_LANGUAGES: Final = ("prototxt", "caffe", "onnxtxt")
_CONFIGURATIONS: Final = ("pyproject.toml", ".netlint.yaml")
#: Schemes under which a document is what its user works on; others show old versions and differences.
_SCHEMES: Final = ("file:", "untitled:")

#: Globs for the client's file watcher.
GLOBS: Final = (
    "**/*.{" + ",".join(ending[1:] for ending in WATCHED + TEXTS[:3]) + "}",
    "**/{" + ",".join(_CONFIGURATIONS) + "}",
)


def path_of(uri: str) -> str:
    """The path of a document; for one that is no file yet, the name that it has."""
    return to_fs_path(uri) or uri.partition(":")[2].lstrip("/")


def uri_of(path: str) -> str:
    """The URI of a path on this machine."""
    return from_fs_path(os.path.abspath(path)) or ""


def is_text(uri: str, language: str = "") -> bool:
    """Whether a document is linted as the text that the editor holds."""
    name = path_of(uri).lower()
    texts = name.endswith(TEXTS) or ".prototxt" in os.path.basename(name) or language.lower() in _LANGUAGES
    return uri.startswith(_SCHEMES) and texts


def is_model(uri: str) -> bool:
    """Whether a file is a model that is read from disk."""
    return uri.startswith("file:") and path_of(uri).lower().endswith(_OPENED)


def is_configuration(uri: str) -> bool:
    """Whether a file may configure netlint."""
    return os.path.basename(path_of(uri)) in _CONFIGURATIONS
