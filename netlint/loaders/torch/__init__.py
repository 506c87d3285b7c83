"""PyTorch: programs exported by `torch.export` (`.pt2`), and checkpoints. torch itself is never imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from netlint.loaders.file import File

if TYPE_CHECKING:
    from netlint.loaders.options import LoadOptions
    from netlint.model import Model

NAME: Final = "PyTorch"
SUFFIXES: Final = (".pt2", ".pt", ".pth", ".safetensors")

_ZIP: Final = b"PK\x03\x04"

#: Names of members that stand early in every exported program, of the newer and the older layout.
_MEMBERS: Final = (b"/archive_format", b"/models/model.json", b"serialized_exported_program.json", b"/.data/")

#: Pickles of protocol 2 and later, under names that are theirs; others have no look of their own.
_PICKLE: Final = re.compile(rb"\x80[\x02-\x05]")
_PICKLED: Final = (".pkl", ".pickle")

#: What `torch.save` wrote before version 1.6 begins with (torch/serialization.py, MAGIC_NUMBER, as a pickle).
LEGACY: Final = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


#: Only bytes that text has: no checkpoint begins like this but a pickle of protocol 0, which nobody writes.
_TEXT: Final = re.compile(rb"[\t\n\r\x20-\x7e\x80-\xff]*")


def match(file: File) -> int:
    """By the name, or by the members of a zip."""
    name, head = file.path.lower(), file.head
    if name.endswith(SUFFIXES):
        # Early detectors in Caffe call their definitions `.pt`: text is left to whoever knows it.
        return 100 if name.endswith((".pt2", ".safetensors")) or not _TEXT.fullmatch(head) else 20
    if head.startswith(_ZIP) and (any(one in head for one in _MEMBERS) or b"/data.pkl" in head):
        return 60
    if name.endswith(_PICKLED) or head.startswith(LEGACY):
        return 70
    return 40 if _PICKLE.match(head) else 0


def load(file: File, options: LoadOptions) -> list[Model]:
    """The models of the archive, one for each exported method; of a checkpoint one model."""
    if is_program(file):
        from netlint.loaders.torch.document import load_document

        return load_document(file, options)
    from netlint.loaders.torch.checkpoint import load_checkpoint

    return [load_checkpoint(file, options)]


def is_program(file: File) -> bool:
    """Whether a file is an exported program rather than a checkpoint."""
    if file.path.lower().endswith(".pt2"):
        return True
    return (
        file.head.startswith(_ZIP) and b"/data.pkl" not in file.head and any(one in file.head for one in _MEMBERS[:3])
    )
