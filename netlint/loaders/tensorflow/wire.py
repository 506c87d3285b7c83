"""Where a TensorFlow file keeps what its tensors hold, and what of it no graph needs."""

from __future__ import annotations

from typing import BinaryIO, Final, Literal, TypeAlias

from netlint.loaders import wire

#: What a binary file holds.
Root: TypeAlias = Literal["saved", "meta", "graph"]

_NAMES: Final = {
    "saved": "SavedModel", "meta": "MetaGraphDef", "graph": "GraphDef", "library": "FunctionDefLibrary",
    "function": "FunctionDef", "node": "NodeDef", "entry": "NodeDef.AttrEntry", "attr": "AttrValue",
    "list": "AttrValue.ListValue", "tensor": "TensorProto", "info": "MetaGraphDef.MetaInfoDef",
}  # fmt: skip

_LEADS_TO: Final = {
    "saved": {2: "meta"},
    "meta": {1: "info", 2: "graph"},
    "graph": {1: "node", 2: "library"},
    "library": {1: "function"},
    "function": {3: "node"},
    "node": {5: "entry"},
    "entry": {2: "attr"},
    "attr": {1: "list", 8: "tensor"},
    "list": {8: "tensor"},
    "tensor": {},
    "info": {},
}

#: All fields of a TensorProto that hold elements.
_PAYLOADS: Final = {"tensor": frozenset((4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 17))}

#: The list of operators that a graph uses; savers, collections, assets and the objects of a SavedModel; a function's
#: debugging information; gradients of functions.
_DROPPED: Final = {
    "info": frozenset((2, 3)),
    "meta": frozenset((3, 4, 6, 7)),
    "graph": frozenset((5,)),
    "library": frozenset((2, 3)),
    "node": frozenset((6, 7)),
}

_LAYOUTS: Final = {
    root: wire.Layout(root, _NAMES, _LEADS_TO, _PAYLOADS, place=(1010, 1011, 1012), dropped=_DROPPED)
    for root in ("saved", "meta", "graph")
}


def structure(stream: BinaryIO, size: int, root: Root) -> bytes:
    """The file as a serialised message of `proto` without large payloads. Raises wire.Malformed and OSError."""
    return wire.structure(stream, size, _LAYOUTS[root])
