"""Types and tensors of ONNX's text syntax: `float[N, 3]`, `seq(int64[])`, `float[2] W = {1, 2}`.

The grammar is that of `OnnxParser` in onnx/defs/parser.cc; messages come out field by field as it makes them.
"""

from __future__ import annotations

from typing import Final

from netlint.loaders.onnx.proto import DATA_TYPES
from netlint.loaders.onnx.tokens import FLOAT32_END, INT32, UINT64, Tokens
from netlint.loaders.protobuf import Message

#: Element types by the names that the syntax has for them.
ELEMENT_TYPES: Final = {
    {"float32": "float", "float64": "double"}.get(name, name): number for number, name in DATA_TYPES.items()
}

_CONTAINERS: Final = frozenset(("seq", "map", "optional", "sparse_tensor", "opaque"))

#: Where the elements of a type stand in a TensorProto; types that are not here have their bits in `int32_data`.
_DATA_FIELDS: Final = {
    1: "float_data", 7: "int64_data", 8: "string_data", 11: "double_data", 12: "uint64_data", 13: "uint64_data",
    14: "float_data", 15: "double_data",
}  # fmt: skip

_EXTERNAL: Final = 1  # TensorProto.DataLocation


def starts_type(tokens: Tokens) -> bool:
    """Whether a type comes next. No value can have a type's name without quotes."""
    word = tokens.peek_word()
    return word in ELEMENT_TYPES or word in _CONTAINERS


def read_type(tokens: Tokens, into: Message) -> None:
    """A type, into a TypeProto."""
    name = tokens.identifier("a type")
    if name in ELEMENT_TYPES:
        _read_tensor_type(tokens, ELEMENT_TYPES[name], into.tensor_type)
        return
    if name not in _CONTAINERS:
        raise tokens.wrong(f"`{name}` is no type", _known_types(name))
    tokens.deeper()
    tokens.expect("(", f"behind `{name}`")
    if name == "seq":
        read_type(tokens, into.sequence_type.elem_type)
    elif name == "optional":
        read_type(tokens, into.optional_type.elem_type)
    elif name == "map":
        into.map_type.key_type = _read_element_type(tokens, "the type of the map's keys")
        tokens.expect(",", "between the types of keys and values")
        read_type(tokens, into.map_type.value_type)
    elif name == "sparse_tensor":
        _read_tensor_type(tokens, _read_element_type(tokens, "an element type"), into.sparse_tensor_type)
    else:
        _read_opaque(tokens, into.opaque_type)
    tokens.expect(")", f"to close `{name}(`")
    tokens.depth -= 1


def _read_element_type(tokens: Tokens, what: str) -> int:
    name = tokens.identifier(what)
    if name not in ELEMENT_TYPES:
        raise tokens.wrong(f"expected {what}, found `{name}`", _known_types(name))
    return ELEMENT_TYPES[name]


def _known_types(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, (*ELEMENT_TYPES, *_CONTAINERS), n=1)
    return f"did you mean `{close[0]}`?" if close else ""


def _read_tensor_type(tokens: Tokens, element_type: int, into: Message) -> None:
    """`float` is a scalar, `float[]` has an unknown rank, `float[N, ?, 3]` has three axes."""
    into.elem_type = element_type
    if not tokens.takes("["):
        into.shape.SetInParent()
        return
    if tokens.takes("]"):
        return
    into.shape.SetInParent()
    while True:
        dimension = into.shape.dim.add()
        following = tokens.peek()
        if following == "?":
            tokens.takes("?")
        elif following == '"':
            dimension.dim_param = tokens.string("an extent")
        elif word := tokens.word():
            dimension.dim_param = word
        else:
            dimension.dim_value = tokens.integer("an extent (a number, a name or `?`)")
        if not tokens.takes(","):
            break
    tokens.expect("]", "to close the shape")


def _read_opaque(tokens: Tokens, into: Message) -> None:
    into.SetInParent()
    if tokens.peek() == ")":
        return
    name = tokens.identifier("the opaque type's name")
    while tokens.takes("."):
        name = f"{name}.{tokens.identifier('a name behind the dot')}"
    if tokens.takes(","):
        into.domain = name
        into.name = tokens.identifier("the opaque type's name")
    else:
        into.name = name


def read_tensor(tokens: Tokens, kind: Message, start: int, end: int, into: Message) -> None:
    """The elements, or the place of the data outside, behind `float[2] W =`.

    `kind` is the TypeProto that was read from `start` to `end`, the name included; `into` is a TensorProto.
    """
    tokens.start, tokens.end = start, end
    if kind.WhichOneof("value") != "tensor_type":
        raise tokens.wrong(
            "only a tensor can have a value, and its type must say of what", "write `float[2] W = {1, 2}`"
        )
    tensor_type = kind.tensor_type
    if not tensor_type.HasField("shape"):
        raise tokens.wrong(
            "a tensor with a value needs a shape, and `[]` says that the rank is unknown",
            "write every extent as a number",
        )
    for dimension in tensor_type.shape.dim:
        if dimension.WhichOneof("value") != "dim_value":
            raise tokens.wrong(
                f"a tensor with a value has a number for every extent, not `{dimension.dim_param or '?'}`"
            )
        into.dims.append(dimension.dim_value)
    into.data_type = tensor_type.elem_type
    into.span.start, into.span.end = start, end
    if tokens.takes("{"):
        if not tokens.takes("}"):
            _read_elements(tokens, tensor_type.elem_type, into)
            tokens.expect("}", "or `,` behind the element")
    elif tokens.takes("["):
        into.data_location = _EXTERNAL
        read_pairs(tokens, into.external_data, "of external data")
        tokens.expect("]", "to close the description of external data")


def read_pairs(tokens: Tokens, into: Message, what: str) -> None:
    """`"key": "value", ...` into StringStringEntryProtos, up to the bracket that closes them."""
    while True:
        pair = into.add()
        pair.key = tokens.string(f"a key {what}")
        tokens.expect(":", "behind the key")
        pair.value = tokens.string(f"a value {what}")
        if not tokens.takes(","):
            return


def _read_elements(tokens: Tokens, element_type: int, into: Message) -> None:
    field = _DATA_FIELDS.get(element_type, "int32_data")
    data = getattr(into, field)
    start = tokens.at
    # Long lists at once; a number that does not fit is found by the loop below, with its place.
    if field in ("float_data", "double_data"):
        floats = tokens.floats()
        if floats is not None and (field == "double_data" or -FLOAT32_END < min(floats) <= max(floats) < FLOAT32_END):
            data.extend(floats)
            return
    elif field in ("int32_data", "int64_data"):
        integers = tokens.integers()
        if integers is not None and (field == "int64_data" or INT32[0] <= min(integers) <= max(integers) <= INT32[1]):
            data.extend(integers)
            return
    tokens.at = start
    while True:
        if field == "string_data":
            data.append(tokens.string("an element").encode())
        elif field == "int64_data":
            data.append(tokens.integer("a whole number"))
        elif field == "uint64_data":
            data.append(tokens.integer("a whole number", UINT64) % 2**64)
        elif field == "int32_data":
            data.append(tokens.integer("a whole number", INT32))
        else:
            data.append(tokens.as_float(tokens.number("a number"), double=field == "double_data"))
        if not tokens.takes(","):
            return
