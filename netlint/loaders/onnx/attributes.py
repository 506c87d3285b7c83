"""Attributes of a node: their values for the graph, and whether the specification knows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Final

from netlint.loaders.onnx.places import Places
from netlint.loaders.onnx.proto import ATTRIBUTE_TYPES, DATA_TYPES
from netlint.loaders.onnx.schema import DEFAULT_DOMAINS, OpSchema, attribute_versions, withdrawn
from netlint.loaders.onnx.tensors import dtype_of, elements_of, shape_of
from netlint.loaders.onnx.types import TYPE_ATTRIBUTES
from netlint.loaders.protobuf import Message
from netlint.model import Attr, AttrValue, Node, Problem, Unknown

#: Longer lists are tables of tree ensembles and the like: no rule reads them.
_MOST_NUMBERS: Final = 4096

_TOO_LONG: Final = Unknown("a long table")
_NOT_READ: Final = Unknown("of a kind that no rule reads")

GRAPH: Final = 5
GRAPHS: Final = 10


def kind_of(attribute: Message) -> int:
    """The attribute's kind, from the field that is set where old writers leave the kind out."""
    if attribute.type:
        return int(attribute.type)
    for number, (_, name) in ATTRIBUTE_TYPES.items():
        if name in ("f", "i", "s", "t", "g", "sparse_tensor", "tp"):
            if attribute.HasField(name):
                return number
        elif len(getattr(attribute, name)):
            return number
    return 0


def value_of(attribute: Message, kind: int) -> AttrValue:
    """The attribute's value; a small tensor gives the tuple of its elements."""
    if kind == 2:
        number: int = attribute.i
        if attribute.name in TYPE_ATTRIBUTES:
            return DATA_TYPES.get(number, number)
        return number
    if kind == 7:
        ints = attribute.ints
        return tuple(ints) if len(ints) <= _MOST_NUMBERS else _TOO_LONG
    if kind == 3:
        text: bytes = attribute.s
        return text.decode("utf-8", "replace")
    if kind == 1:
        return plain(attribute.f)
    if kind == 6:
        floats = attribute.floats
        return tuple(map(plain, floats)) if len(floats) <= _MOST_NUMBERS else _TOO_LONG
    if kind == 8:
        texts = attribute.strings
        return tuple(one.decode("utf-8", "replace") for one in texts) if len(texts) <= _MOST_NUMBERS else _TOO_LONG
    if kind == 4:
        tensor = attribute.t
        elements = elements_of(tensor, dtype_of(tensor), shape_of(tensor))
        return _TOO_LONG if elements is None else elements
    return _NOT_READ


def plain(number: float) -> float:
    """A 32-bit float as people write it: 0.1 and not 0.10000000149011612."""
    if number == 0 or not math.isfinite(number):
        return number
    return float(f"{number:.8g}")


def problems(
    given: Sequence[Message],
    node: Node,
    schema: OpSchema,
    domain: str,
    opset: int,
    places: Places,
    *,
    in_function: bool = False,
) -> Iterator[Problem]:
    """What the specification says against a node's attributes (onnx/checker.cc and defs/schema.cc, Verify). Only
    `in_function` can an attribute take its value from a call."""
    seen: set[str] = set()
    for attribute in given:
        name = attribute.name
        place = places.of(attribute) or node
        if name in seen:
            yield _problem(node, place, f"gives `{name}` twice", "keep one of them")
            continue
        seen.add(name)
        known = schema.attributes.get(name)
        if known is None:
            if not (name.startswith("__") and not places.text):
                yield _unknown(node, place, name, schema, domain, opset)
            continue
        kind = kind_of(attribute)
        if attribute.ref_attr_name and not in_function:
            yield _problem(
                node, place, f"takes `{name}` from a function's `{attribute.ref_attr_name}`, but stands in no function",
                f"give `{name}` a value",
            )  # fmt: skip
            continue
        if attribute.ref_attr_name and not kind:
            continue
        others = [
            word for number, (word, field) in ATTRIBUTE_TYPES.items() if number != kind and _has(attribute, field)
        ]
        if others and not attribute.ref_attr_name:
            yield _problem(
                node, place, f"gives `{name}` several values at once, also {_article(others[0])}", "keep one of them"
            )
        word = ATTRIBUTE_TYPES.get(kind, ("nothing", ""))[0]
        if word != known.kind:
            yield _problem(
                node,
                place,
                f"gives `{name}` as {_article(word)}, but ONNX wants {_article(known.kind)}",
                f"write `{name}` as {_article(known.kind)}",
            )
        elif name in TYPE_ATTRIBUTES and kind == 2 and attribute.i not in DATA_TYPES and (attribute.i or name == "to"):
            yield _problem(
                node, place, f"names the element type {attribute.i} in `{name}`, which does not exist",
                "use a number of TensorProto.DataType, for instance 1 for float32",
            )  # fmt: skip
    for name, known in schema.attributes.items():
        if known.required and name not in seen:
            yield _problem(
                node, node, f"lacks `{name}`, which it must have ({_article(known.kind)})", f"give it `{name}`"
            )


def _has(attribute: Message, field: str) -> bool:
    if field in ("f", "i", "s", "t", "g", "sparse_tensor", "tp"):
        return bool(attribute.HasField(field))
    return len(getattr(attribute, field)) > 0


def _unknown(node: Node, place: object, name: str, schema: OpSchema, domain: str, opset: int) -> Problem:
    versions = attribute_versions(domain, schema.name, name)
    if versions:
        later = min(versions) > opset
        gone = withdrawn(domain, schema.name, name, opset)
        when = f"only opset {min(versions)} brings it" if later else f"opset {gone} took it away"
        return _problem(
            node, place, f"has the attribute `{name}`, which it does not have in opset {opset}: {when}",
            f"convert the model to opset {min(versions)}" if later else "leave it out, or write it as this opset does",
        )  # fmt: skip
    near = get_close_matches(name, schema.attributes, 1)
    hint = f"; did you mean `{near[0]}`?" if near else ""
    standard = "" if domain in DEFAULT_DOMAINS else f" of {domain}"
    return _problem(
        node, place, f"has the attribute `{name}`, which no {schema.name}{standard} has{hint}",
        f"write `{near[0]}`" if near else "leave it out: runtimes refuse the model",
    )  # fmt: skip


def _problem(node: Node, place: object, what: str, remedy: str) -> Problem:
    return Problem("invalid-attribute", f"{node.label} {what}", place, remedy=remedy, node=node)  # type: ignore[arg-type]


def _article(kind: str) -> str:
    return {
        "float": "a number", "int": "an integer", "string": "a text", "tensor": "a tensor", "graph": "a graph",
        "floats": "a list of numbers", "ints": "a list of integers", "strings": "a list of texts", "nothing": "nothing",
    }.get(kind, kind.replace("_", " "))  # fmt: skip


def by_name(
    given: Sequence[Message], bindings: Mapping[str, Message], places: Places
) -> tuple[dict[str, Attr], list[Message]]:
    """(attributes under their names, those that hold graphs). `bindings` are what a call gives to its function."""
    attrs: dict[str, Attr] = {}
    graphs: list[Message] = []
    for attribute in given:
        name = attribute.name
        if bindings and attribute.ref_attr_name:
            bound = bindings.get(attribute.ref_attr_name)
            if bound is None:
                continue
            kind = kind_of(bound)
            attrs[name] = Attr(name, value_of(bound, kind) if kind not in (GRAPH, GRAPHS) else _NOT_READ)
            continue
        kind = attribute.type or kind_of(attribute)
        if kind in (GRAPH, GRAPHS):
            graphs.append(attribute)
        elif attribute.ref_attr_name:
            # The function's caller leaves it out, and the function has no default: the operator's default holds.
            continue
        else:
            attrs[name] = Attr(name, value_of(attribute, kind), places.of(attribute))
    return attrs, graphs
