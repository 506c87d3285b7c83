"""Modules in memory: `nn.Module`, `torch.fx.GraphModule`, and `torch.export.ExportedProgram`.

torch exports a module on tensors without data; the graph is read as that of a `.pt2` file is. torch is imported by
whoever hands over a module, never by netlint.
"""

from __future__ import annotations

import sys
from typing import Any

from netlint.loaders.file import File
from netlint.loaders.options import LoadOptions
from netlint.model import Model


def as_file(target: object, filename: str) -> File | None:
    """The module as a file that is read when it is linted; None for an object of another kind.

    Reading it raises Unlintable (an OSError) where the module cannot be followed.
    """
    torch: Any = sys.modules.get("torch")
    module = getattr(getattr(torch, "nn", None), "Module", None)
    program = getattr(getattr(sys.modules.get("torch.export"), "exported_program", None), "ExportedProgram", None)
    if not any(isinstance(kind, type) and isinstance(target, kind) for kind in (module, program)):
        return None
    whole: Any = target
    name = type(whole.graph_module if program is not None and isinstance(whole, program) else whole).__name__

    def models(options: LoadOptions) -> list[Model]:
        from netlint.loaders.torch.live.module import load_live

        return [load_live(whole, path, options)]

    path = filename or f"<{name}>"
    return File(path, b"", models=models)
