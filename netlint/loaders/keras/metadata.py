"""`keras_metadata.pb`: what Keras 2 keeps of itself in a SavedModel folder.

The file is a protobuf message with one entry an object of the model (keras/protobuf/saved_metadata.proto: `nodes =
1`; in each `node_path = 3`, `identifier = 4`, `metadata = 5`). The root's metadata is JSON and holds the whole
architecture (`model_config`) and what `compile` was given (`training_config`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from netlint.loaders.keras.document import Definition, Refused

_TRUNCATED = "the metadata is cut off or damaged"


def read_metadata(content: bytes) -> Definition:
    """The definition in the bytes of a `keras_metadata.pb`. Raises Refused."""
    found = None
    for number, entry in _fields(content):
        if number == 1 and isinstance(entry, bytes):
            fields = dict(_fields(entry))
            if fields.get(3) == b"root":
                found = fields
                break
    if found is None:
        raise Refused("the metadata has no root object, so there is no Keras model in it")
    metadata = found.get(5)
    text = metadata.decode("utf-8", "replace") if isinstance(metadata, bytes) else ""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused("the root's metadata is no JSON", "save the model again") from None
    inside = isinstance(data, dict) and isinstance(data.get("model_config"), dict)
    return Definition(text, "keras_metadata.pb:root", root=("model_config",) if inside else ())


def _fields(content: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of one message: their numbers, and whole numbers or bytes."""
    at, end = 0, len(content)
    while at < end:
        key, at = _varint(content, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(content, at)
            yield key >> 3, value
            continue
        if kind == 2:
            size, at = _varint(content, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise Refused(_TRUNCATED)
        if size > end - at:
            raise Refused(_TRUNCATED)
        yield key >> 3, content[at : at + size]
        at += size


def _varint(content: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(content):
            break
        byte = content[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise Refused(_TRUNCATED)
