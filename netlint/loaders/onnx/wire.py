"""Where an ONNX file keeps what its tensors hold: everything else is structure."""

from __future__ import annotations

from typing import BinaryIO, Final

from netlint.loaders import wire
from netlint.loaders.wire import KEPT_PAYLOAD, Malformed

#: `float_data`, `int32_data`, `int64_data`, `raw_data`, `double_data` and `uint64_data` of a TensorProto.
_PAYLOADS: Final = frozenset((4, 5, 7, 9, 10, 11))

#: Messages that lead to tensors, with their fields that hold such messages (onnx/onnx.proto). A payload's place goes to
#: `payload_field`, `payload_offset` and `payload_size` of `proto.TensorProto`.
_LAYOUT: Final = wire.Layout(
    "model",
    names={
        "model": "ModelProto", "training": "TrainingInfoProto", "graph": "GraphProto", "function": "FunctionProto",
        "node": "NodeProto", "attribute": "AttributeProto", "sparse": "SparseTensorProto", "tensor": "TensorProto",
    },
    leads_to={
        "model": {7: "graph", 20: "training", 25: "function"},
        "training": {1: "graph", 2: "graph"},
        "graph": {1: "node", 5: "tensor", 15: "sparse"},
        "function": {7: "node", 11: "attribute"},
        "node": {5: "attribute"},
        "attribute": {5: "tensor", 6: "graph", 10: "tensor", 11: "graph", 22: "sparse", 23: "sparse"},
        "sparse": {1: "tensor", 2: "tensor"},
        "tensor": {},
    },
    payloads={"tensor": _PAYLOADS},
    place=(1010, 1011, 1012),
)  # fmt: skip


def structure(stream: BinaryIO, size: int) -> bytes:
    """The file as a serialised `proto.ModelProto` without the payloads above `KEPT_PAYLOAD` bytes.

    Raises Malformed, and OSError when the file cannot be read.
    """
    return wire.structure(stream, size, _LAYOUT)


__all__ = ["KEPT_PAYLOAD", "Malformed", "structure"]
