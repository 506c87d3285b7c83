"""ONNX's text syntax (`.onnxtxt`), read with the place of every name and value.

`onnx.parser` keeps no places, stops at the first error and needs the `onnx` package; this parser makes the same
messages (`proto.ModelProto`) from the same grammar (onnx/defs/parser.cc, docs/Syntax.md), says where everything stands,
and goes on behind a node that it cannot read.

It differs where `onnx.parser` drops what it has read: it keeps lists of tensors, graphs and types, and tells of a node
without an operator's name, a list of integers and floats, a reference within a list, and a function's attribute that
is malformed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from netlint.loaders.onnx.proto import ATTRIBUTE_TYPES, ModelProto, TypeProto
from netlint.loaders.onnx.text_types import read_pairs, read_tensor, read_type, starts_type
from netlint.loaders.onnx.tokens import Tokens, Unexpected, is_integer
from netlint.loaders.protobuf import Message
from netlint.loaders.syntax import SyntaxProblem

#: After so many errors in one file more of them help nobody.
MAX_ERRORS: Final = 20

_KINDS: Final = {name: number for number, (name, _) in ATTRIBUTE_TYPES.items()}
_FIELDS: Final = {number: field for number, (_, field) in ATTRIBUTE_TYPES.items()}
_FLOAT, _INT, _STRING, _TENSOR, _GRAPH, _TYPE = (
    _KINDS[name] for name in ("float", "int", "string", "tensor", "graph", "type_proto")
)
#: A list's kind by that of its elements, and back.
_LISTS: Final = {number: _KINDS[f"{name}s"] for name, number in _KINDS.items() if not name.endswith("s")}
_ELEMENTS: Final = {of_list: element for element, of_list in _LISTS.items()}

#: What counts on the way to the next line: braces outside strings and comments.
_ON_THE_WAY = re.compile(r'"(?:[^"\\\n]|\\.)*+"?+|#[^\n]*+|[{}\n]')


@dataclass(frozen=True, slots=True)
class Parsed:
    """A ModelProto with whatever could be read, and what could not.

    A graph alone has no header, so neither an IR version nor opsets.
    """

    model: Message
    errors: list[SyntaxProblem] = field(default_factory=list)
    has_header: bool = False


def parse(text: str) -> Parsed:
    """Read a model, or a graph alone. Never raises; takes time linear in the text."""
    model = ModelProto()
    errors: list[SyntaxProblem] = []
    # Bytes that are no UTF-8 may arrive as lone surrogates, which protobuf refuses.
    tokens = Tokens(text.encode("utf-8", "replace").decode() if not text.isascii() else text)
    has_header = tokens.peek() == "<"
    try:
        if has_header:
            _read_header(tokens, model)
        _read_graph(tokens, model.graph, errors)
        while tokens.peek():
            _read_function(tokens, model.functions.add(), errors)
    except Unexpected as error:
        # Behind a node that was skipped, a brace that is missing may have been skipped with it.
        if not (error.final and errors):
            errors.append(error.problem)
    return Parsed(model, errors, has_header)


def _read_header(tokens: Tokens, model: Message) -> None:
    tokens.takes("<")
    model.span.start, model.span.end = tokens.start, tokens.end
    while True:
        key = tokens.identifier("a field of the model (`ir_version`, `opset_import`, ...)")
        start = tokens.start
        named = tokens.end
        tokens.expect(":", f"behind `{key}`")
        if key in ("ir_version", "model_version"):
            setattr(model, key, tokens.integer("a whole number"))
            if key == "ir_version":
                model.span.start, model.span.end = start, tokens.end
        elif key in ("producer_name", "producer_version", "domain", "doc_string"):
            setattr(model, key, tokens.string("a text"))
        elif key == "opset_import":
            _read_opsets(tokens, model.opset_import)
        elif key == "metadata_props":
            tokens.expect("[", "before the metadata")
            if not tokens.takes("]"):
                read_pairs(tokens, model.metadata_props, "of metadata")
                tokens.expect("]", "to close the metadata")
        else:
            raise Unexpected(SyntaxProblem(f"a model has no field `{key}`", start, named))
        if not tokens.takes(","):
            break
    tokens.expect(">", "to close the model's header")


def _read_opsets(tokens: Tokens, into: Message) -> None:
    tokens.expect("[", "before the opsets")
    if tokens.takes("]"):
        return
    while True:
        opset = into.add()
        opset.domain = tokens.string("a domain")
        start = tokens.start
        tokens.expect(":", "behind the domain")
        opset.version = tokens.integer("the opset's version")
        opset.span.start, opset.span.end = start, tokens.end
        if not tokens.takes(","):
            break
    tokens.expect("]", "to close the opsets")


def _read_graph(tokens: Tokens, graph: Message, errors: list[SyntaxProblem]) -> None:
    graph.name = tokens.name("the graph's name")
    graph.span.start, graph.span.end = tokens.start, tokens.end
    if tokens.takes("("):
        _read_values(tokens, ")", "the graph's inputs", graph.input.add, graph.initializer.add, both=True)
    tokens.arrow("behind the graph's inputs")
    tokens.expect("(", "before the graph's outputs")
    _read_values(tokens, ")", "the graph's outputs", graph.output.add)
    if tokens.takes("<"):
        _read_values(tokens, ">", "the values", graph.value_info.add, graph.initializer.add)
    _read_nodes(tokens, graph.node, errors)


def _read_values(
    tokens: Tokens,
    closer: str,
    what: str,
    add_value: Callable[[], Message],
    add_tensor: Callable[[], Message] | None = None,
    *,
    both: bool = False,
) -> None:
    """`float[N] x, int64 y = {1}, z` up to `closer`: ValueInfoProtos, and TensorProtos for those with a value.

    With `both`, one with a value is also a ValueInfoProto: an input that has a default.
    """
    if tokens.takes(closer):
        return
    while True:
        kind = TypeProto()
        typed = starts_type(tokens)
        start = tokens.at
        if typed:
            read_type(tokens, kind)
        name = tokens.name("a value's name" if typed else "a type or a value's name")
        start, end = start if typed else tokens.start, tokens.end
        valued = add_tensor is not None and tokens.takes("=")
        if both or not valued:
            value = add_value()
            value.name = name
            if typed:
                value.type.CopyFrom(kind)
            value.span.start, value.span.end = start, end
        if valued and add_tensor is not None:
            tensor = add_tensor()
            tensor.name = name
            read_tensor(tokens, kind, start, end, tensor)
        if not tokens.takes(","):
            break
    tokens.expect(closer, f"or `,` in {what}")


def _read_nodes(tokens: Tokens, nodes: Message, errors: list[SyntaxProblem]) -> None:
    """`{ ... }`. Behind a node that is wrong, goes on in the next line or at the brace that closes the nodes."""
    tokens.expect("{", "before the nodes")
    opened = tokens.start
    while not tokens.takes("}"):
        if not tokens.peek():
            problem = SyntaxProblem("this `{` is never closed", opened, opened + 1, "add the missing `}`")
            raise Unexpected(problem, final=True)
        depth = tokens.depth
        node = nodes.add()
        try:
            _read_node(tokens, node, errors)
        except Unexpected as error:
            if error.final or len(errors) + 1 >= MAX_ERRORS:
                raise
            errors.append(error.problem)
            tokens.depth = depth
            tokens.at = _resume(tokens.text, tokens.at)
            del nodes[-1]


def _resume(text: str, at: int) -> int:
    """Where to go on when reading fails at `at`."""
    opened = 0
    for found in _ON_THE_WAY.finditer(text, at):
        if found[0] == "\n":
            return found.end()
        if found[0] == "}" and not opened:
            return found.start()
        opened += {"{": 1, "}": -1}.get(found[0], 0)
    return len(text)


def _read_node(tokens: Tokens, node: Message, errors: list[SyntaxProblem]) -> None:
    tokens.peek()
    block = tokens.at
    place = None
    if tokens.takes("["):
        node.name = "" if tokens.peek() == "]" else tokens.name("the node's name")
        place = (tokens.start, tokens.end)
        tokens.expect("]", "behind the node's name")
    _read_names(tokens, node.output, node.output_spans)
    if place is None and node.output_spans:
        place = (node.output_spans[0].start, node.output_spans[0].end)
    tokens.expect("=", "behind the node's outputs")
    node.domain, node.op_type = _read_operator(tokens, node)
    node.span.start, node.span.end = place or (node.op_span.start, node.op_span.end)
    if tokens.takes(":"):
        node.overload = tokens.identifier("the overload's name")
    _read_attributes(tokens, node.attribute, errors)
    tokens.expect("(", "before the node's inputs")
    _read_names(tokens, node.input, node.input_spans)
    tokens.expect(")", "or `,` in the node's inputs")
    end = tokens.end
    if not node.attribute:
        _read_attributes(tokens, node.attribute, errors)
        end = tokens.end if node.attribute else end
    node.block.start, node.block.end = block, end


def _read_operator(tokens: Tokens, node: Message) -> tuple[str, str]:
    """(domain, operator) of `com.microsoft.Gelu`."""
    domain, operator = "", tokens.identifier("an operator's name")
    start = tokens.start
    while tokens.takes("."):
        domain = f"{domain}.{operator}" if domain else operator
        operator = tokens.identifier("an operator's name behind the dot")
    node.op_span.start, node.op_span.end = start, tokens.end
    return domain, operator


def _read_names(tokens: Tokens, into: Message, spans: Message) -> None:
    """`a, "b", , c`: values, of which those without a name are left out. A comma at the end says nothing."""
    while True:
        following = tokens.peek()
        if following == '"':
            name = tokens.string("a value's name")
            start, end = tokens.start, tokens.end
        else:
            name = tokens.word()
            if not name and following != ",":
                return
            start, end = (tokens.start, tokens.end) if name else (tokens.at, tokens.at)
        into.append(name)
        spans.add(start=start, end=end)
        if not tokens.takes(","):
            return


def _read_attributes(tokens: Tokens, into: Message, errors: list[SyntaxProblem]) -> None:
    if not tokens.takes("<"):
        return
    while True:
        name = tokens.identifier("an attribute's name")
        _read_attribute(tokens, name, into.add(), errors)
        if not tokens.takes(","):
            break
    tokens.expect(">", "or `,` behind the attribute")


def _read_attribute(tokens: Tokens, name: str, attribute: Message, errors: list[SyntaxProblem]) -> None:
    """`: ints = [1, 2]` behind the name. An AttributeProto's span is its value as written."""
    attribute.name = name
    if tokens.takes(":"):
        kind = tokens.identifier("the attribute's type")
        if kind not in _KINDS:
            known = ", ".join(_KINDS)
            raise tokens.wrong(f"`{kind}` is no type of an attribute", f"the types are {known}")
        attribute.type = _KINDS[kind]
    tokens.expect("=", f"behind the attribute `{name}`")
    tokens.peek()
    start = tokens.at
    if tokens.takes("["):
        _read_list(tokens, attribute, errors)
    else:
        _read_value(tokens, attribute, attribute.type, errors)
    attribute.span.start, attribute.span.end = start, tokens.end


def _read_list(tokens: Tokens, attribute: Message, errors: list[SyntaxProblem]) -> None:
    wanted = _ELEMENTS.get(attribute.type, attribute.type)
    if tokens.takes("]"):
        if not attribute.type:
            raise tokens.wrong("an empty list does not say of what", f"write `{attribute.name}: ints = []`")
        if attribute.type in _LISTS:
            raise tokens.wrong(f"`{attribute.name}` is a list, but its type is that of one value")
        return
    element = type(attribute)()
    while True:
        element.Clear()
        tokens.peek()
        start = tokens.at
        _read_value(tokens, element, wanted, errors)
        if element.type not in _LISTS:
            tokens.start = start
            raise tokens.wrong("a reference to an attribute cannot stand in a list")
        of_list = _LISTS[element.type]
        if attribute.type not in (of_list, 0, wanted):
            tokens.start = start
            kinds = f"{ATTRIBUTE_TYPES[_ELEMENTS[attribute.type]][0]} and {ATTRIBUTE_TYPES[element.type][0]}"
            raise tokens.wrong(f"a list cannot hold values of two kinds ({kinds})", "write `1.0` for a float")
        attribute.type = of_list
        value = getattr(element, _FIELDS[element.type])
        getattr(attribute, _FIELDS[of_list]).append(value)
        if not tokens.takes(","):
            break
    tokens.expect("]", "or `,` in the list")


def _read_value(tokens: Tokens, attribute: Message, wanted: int, errors: list[SyntaxProblem]) -> None:
    """One value into an AttributeProto. `wanted` is the kind that the text announces, 0 for none."""
    following = tokens.peek()
    start = tokens.at
    if following == "@":
        tokens.takes("@")
        attribute.ref_attr_name = tokens.name("the attribute that is meant")
        if wanted:
            attribute.type = wanted
        return
    if following == '"':
        attribute.s = tokens.string("a text").encode()
        kind = _STRING
    elif starts_type(tokens):
        kind = _read_typed(tokens, attribute)
    elif tokens.at_named_float() or following == "-" or following.isdecimal():
        written = tokens.number("a number")
        # An integer where a float is announced is one.
        kind = _INT if is_integer(written) and wanted != _FLOAT else _FLOAT
        if kind == _INT:
            attribute.i = tokens.as_integer(written)
        else:
            attribute.f = tokens.as_float(written)
    elif tokens.peek_word():
        tokens.deeper()
        _read_graph(tokens, attribute.g, errors)
        tokens.depth -= 1
        kind = _GRAPH
    else:
        tokens.fail("a value (a number, a text, a tensor, a type, a graph or `@attribute`)")
    attribute.type = kind
    if wanted not in (0, kind):
        found, said = ATTRIBUTE_TYPES[kind][0], ATTRIBUTE_TYPES[wanted][0]
        tokens.start = start
        raise tokens.wrong(f"the value is of type {found}, but the attribute is announced as {said}")


def _read_typed(tokens: Tokens, attribute: Message) -> int:
    """A tensor (`float[2] {1, 2}`) or a type alone; its kind."""
    kind = TypeProto()
    start = tokens.at
    read_type(tokens, kind)
    end = tokens.end
    if tokens.peek() not in ("{", "=") and not tokens.peek_word():
        attribute.tp.CopyFrom(kind)
        return _TYPE
    name = tokens.word()
    attribute.t.name = name
    end = tokens.end if name else end
    tokens.takes("=")
    read_tensor(tokens, kind, start, end, attribute.t)
    return _TENSOR


def _read_function(tokens: Tokens, function: Message, errors: list[SyntaxProblem]) -> None:
    if tokens.takes("<"):
        _read_function_header(tokens, function)
    function.name = tokens.name("the function's name")
    function.span.start, function.span.end = tokens.start, tokens.end
    if tokens.takes("<"):
        while True:
            name = tokens.name("an attribute's name")
            if tokens.peek() in (":", "="):
                _read_attribute(tokens, name, function.attribute_proto.add(), errors)
            else:
                function.attribute.append(name)
            if not tokens.takes(","):
                break
        tokens.expect(">", "or `,` in the function's attributes")
    tokens.expect("(", "before the function's inputs")
    _read_parameters(tokens, function.input, function.value_info, "the function's inputs")
    tokens.arrow("behind the function's inputs")
    tokens.expect("(", "before the function's outputs")
    _read_parameters(tokens, function.output, function.value_info, "the function's outputs")
    if tokens.takes("<"):
        _read_values(tokens, ">", "the values", function.value_info.add)
    _read_nodes(tokens, function.node, errors)


def _read_function_header(tokens: Tokens, function: Message) -> None:
    while True:
        key = tokens.identifier("a field of the function (`domain`, `opset_import`, ...)")
        start, end = tokens.start, tokens.end
        tokens.expect(":", f"behind `{key}`")
        if key == "opset_import":
            _read_opsets(tokens, function.opset_import)
        elif key in ("domain", "doc_string", "overload"):
            setattr(function, key, tokens.string("a text"))
        else:
            raise Unexpected(SyntaxProblem(f"a function has no field `{key}`", start, end))
        if not tokens.takes(","):
            break
    tokens.expect(">", "to close the function's header")


def _read_parameters(tokens: Tokens, names: Message, values: Message, what: str) -> None:
    """A function's inputs or outputs: names, which may have types."""
    if tokens.takes(")"):
        return
    while True:
        typed = starts_type(tokens)
        start = tokens.at
        if typed:
            value = values.add()
            read_type(tokens, value.type)
        name = tokens.name("a value's name")
        names.append(name)
        if typed:
            value.name = name
            value.span.start, value.span.end = start, tokens.end
        if not tokens.takes(","):
            break
    tokens.expect(")", f"or `,` in {what}")
