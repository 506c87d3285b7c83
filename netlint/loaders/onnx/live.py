"""Models in memory: `onnx.ModelProto`, and `onnx_ir.Model` where that package made one."""

from __future__ import annotations

import sys
from typing import Any

from netlint.loaders.file import File


def as_file(target: object, filename: str) -> File | None:
    """The model as a file that was never written; None for an object of another kind.

    Nothing is imported: whoever hands over a model has its package loaded. Raises ValueError for a model that is too
    large to be written as one message.
    """
    ir: Any = sys.modules.get("onnx_ir")
    if ir is not None and isinstance(target, ir.Model):
        return _written(ir.to_proto(target), filename)
    onnx: Any = sys.modules.get("onnx")
    if onnx is not None and isinstance(target, onnx.ModelProto):
        return _written(target, filename)
    return None


def _written(model: Any, filename: str) -> File:
    try:
        content: bytes = model.SerializeToString()
    except Exception as error:
        # protobuf refuses messages above 2 GiB, with an error of its own making in each implementation.
        raise ValueError(
            f"the model cannot be written as one message ({error}): save it with external data and lint the file"
        ) from error
    return File(filename or f"<{model.graph.name or 'model'}>.onnx", content)
