"""Protobuf message classes made from a small table: importing the packages that own the formats costs more than linting
a model."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from google.protobuf import descriptor_pool, message_factory

from netlint.loaders.wire import encoded

#: A message of one of these classes; protobuf makes them at run time, so their fields have no static types.
Message: TypeAlias = Any

#: Numbers of `FieldDescriptorProto.Type` (google/protobuf/descriptor.proto).
_TYPES: Final = {
    "double": 1, "float": 2, "int64": 3, "uint64": 4, "int32": 5, "bool": 8, "string": 9, "bytes": 12, "uint32": 13,
}  # fmt: skip
_MESSAGE_TYPE: Final = 11

#: Numbers of `Edition` and of `FeatureSet`'s `field_presence`, `repeated_field_encoding` and `utf8_validation`.
_EDITION_2023: Final = 1000
_EXPLICIT: Final = 1
_PACKED: Final = 1
_EXPANDED: Final = 2
_VERIFY: Final = 2


def _int(field: int, number: int) -> bytes:
    return encoded(field << 3) + encoded(number)


def _bytes(field: int, content: bytes | str) -> bytes:
    data = content.encode() if isinstance(content, str) else content
    return encoded(field << 3 | 2) + encoded(len(data)) + data


def _field(text: str, oneofs: list[str], package: str) -> bytes:
    """One entry `name=number:type` as a serialised FieldDescriptorProto; `*` repeats, `!` packs, `@` names a oneof."""
    head, _, kind = text.partition(":")
    name, _, number = head.partition("=")
    kind, _, oneof = kind.partition("@")
    packed, repeated = kind.endswith("!"), "*" in kind
    kind = kind.rstrip("*!")
    out = _bytes(1, name) + _int(3, int(number)) + _int(4, 3 if repeated else 1)
    if kind in _TYPES:
        out += _int(5, _TYPES[kind])
    else:
        out += _int(5, _MESSAGE_TYPE) + _bytes(6, f".{package}.{kind.replace('.', '_')}")
    if packed:
        out += _bytes(8, _bytes(21, _int(3, _PACKED)))
    if oneof:
        if oneof not in oneofs:
            oneofs.append(oneof)
        out += _int(9, oneofs.index(oneof))
    return out


def _message(text: str, package: str) -> bytes:
    """One line of the table as a serialised DescriptorProto. Nested messages stand flat, under joined names."""
    name, _, fields = text.partition(":")
    oneofs: list[str] = []
    body = b"".join(_bytes(2, _field(field, oneofs, package)) for field in fields.split())
    return _bytes(1, name.replace(".", "_")) + body + b"".join(_bytes(8, _bytes(1, oneof)) for oneof in oneofs)


def classes(name: str, messages: str) -> dict[str, Any]:
    """The message classes of a table, by their names in it.

    A line `Name: field=number:type ...` describes a message and goes on where the next one is indented; a type with `*`
    repeats, with `*!` in packed form, and `@name` puts the field into a oneof. Nested messages stand flat, under joined
    names; a map is written as what it is on the wire, a repeated message of `key` and `value`.
    """
    package = f"netlint.{name}"
    lines = messages.replace("\n  ", " ").strip().splitlines()
    file = _bytes(1, f"netlint/{name}.proto") + _bytes(2, package)
    file += b"".join(_bytes(4, _message(line, package)) for line in lines)
    # Edition 2023, with the presence and encoding that proto2 has; but a text that is no UTF-8 is refused while the
    # message is decoded, where proto2 would hand it on as bytes.
    features = _int(1, _EXPLICIT) + _int(3, _EXPANDED) + _int(4, _VERIFY)
    file += _bytes(8, _bytes(50, features)) + _bytes(12, "editions") + _int(14, _EDITION_2023)
    # A pool of our own: the format's own package may be loaded in the same process.
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file)
    names = [line.partition(":")[0] for line in lines]
    return {
        one: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{package}.{one.replace('.', '_')}"))
        for one in names
    }
