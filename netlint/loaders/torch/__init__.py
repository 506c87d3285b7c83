"""PyTorch: programs exported by `torch.export` (`.pt2`). torch itself is never imported."""

from __future__ import annotations

from typing import Final

from netlint.loaders.file import File
from netlint.loaders.options import LoadOptions
from netlint.model import Model

NAME: Final = "PyTorch"
SUFFIXES: Final = (".pt2",)

_ZIP: Final = b"PK\x03\x04"

#: Names of members that stand early in every exported program, of the newer and the older layout.
_MEMBERS: Final = (b"/archive_format", b"/models/model.json", b"serialized_exported_program.json", b"/.data/")


def match(file: File) -> int:
    """By the name, or by the members of a zip."""
    if file.path.lower().endswith(SUFFIXES):
        return 100
    return 60 if file.head.startswith(_ZIP) and any(name in file.head for name in _MEMBERS) else 0


def load(file: File, options: LoadOptions) -> list[Model]:
    """The models of the archive, one for each exported method. See `netlint.loaders`."""
    from netlint.loaders.torch.document import load_document

    return load_document(file, options)
