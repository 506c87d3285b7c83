"""ONNX's text syntax: the same messages as onnx.parser's and as the model that was printed, with places."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.loaders.onnx.proto import ModelProto
from netlint.loaders.onnx.text import MAX_ERRORS, parse
from netlint.loaders.onnx.tokens import MAX_DEPTH
from netlint.model import Source

HEADER = '<ir_version: 8, opset_import: ["" : 17]>\n'


def without_places(message: Any) -> Any:
    """The message without netlint's own fields."""
    for field, value in message.ListFields():
        if field.number >= 1000:
            message.ClearField(field.name)
        elif field.message_type is not None:
            for inner in value if field.is_repeated else [value]:
                without_places(inner)
    return message


def read(text: str) -> Any:
    parsed = parse(text)
    assert not parsed.errors
    return without_places(parsed.model)


def errors(text: str) -> list[tuple[int, int, str]]:
    source = Source("x.onnxtxt", text)
    return [(*source.position(error.start), error.message) for error in parse(text).errors]


# ------------------------------------------------------------------------------------------------ against onnx


def test_printed_models_come_back() -> None:
    """Every model of the onnx package, printed by onnx.printer: ours equals onnx.parser's byte by byte, and the model
    itself in all that the printer prints."""
    onnx = pytest.importorskip("onnx")
    from onnx import parser, printer

    from tests.onnx_corpus import node_models, wheel_models

    models = {**node_models(), **wheel_models()}
    assert len(models) > 2000
    for name, model in models.items():
        text = printer.to_text(model)
        ours = read(text).SerializeToString(deterministic=True)
        assert ours == parser.parse_model(text).SerializeToString(deterministic=True), name
        original = onnx.ModelProto()
        original.CopyFrom(model)
        assert printed(onnx.ModelProto.FromString(ours)) == printed(original), name


def printed(message: Any) -> Any:
    """What onnx.printer prints of a message: no documentation, no metadata below the model; tensors by their values."""
    from onnx import numpy_helper

    kind = message.DESCRIPTOR.name
    if kind == "TensorProto" and not message.external_data:
        values = numpy_helper.to_array(message)
        name, dims, data_type = message.name, list(message.dims), message.data_type
        message.Clear()
        message.name, message.data_type = name, data_type
        message.dims.extend(dims)
        message.raw_data = repr(values.tolist()).encode() if values.dtype == object else values.tobytes()
        return message
    dropped = {"doc_string", "denotation", "quantization_annotation", "training_info", "metadata_props"}
    if kind == "ModelProto":
        dropped -= {"doc_string", "metadata_props"}
    elif kind == "FunctionProto":
        dropped |= {"value_info", "attribute_proto"}
    for field in message.DESCRIPTOR.fields:
        if field.name in dropped:
            message.ClearField(field.name)
        elif field.message_type is not None:
            if field.is_repeated or message.HasField(field.name):
                value = getattr(message, field.name)
                for inner in value if field.is_repeated else [value]:
                    printed(inner)
        elif (
            field.type == field.TYPE_STRING
            and not field.is_repeated
            and field.containing_oneof is None
            and not getattr(message, field.name)
        ):
            # The text cannot tell an empty name from none.
            message.ClearField(field.name)
    return message


ACCEPTED = {
    "no header": "g (float[N] x) => (float[N] y) { y = Relu(x) }",
    "no inputs at all": "g => (float y) { y = Rand() }",
    "header fields": '<ir_version: 8, opset_import: ["" : 17, "com.microsoft" : 1], producer_name: "a", producer_version: "b",'
    ' domain: "c", model_version: 3, doc_string: "d", metadata_props: ["k": "v", "l" : ""]> g () => () {}',
    "empty lists in the header": "<opset_import: [], metadata_props: []> g () => () {}",
    "comments": "# one\ng # two\n(float x) => # three > { \n(float y) { # four\n y = Relu(x) # five\n}# six",
    "all white space": "g\t(float\vx)\f=>\r\n(float y)\n\n{y=Relu(x)}",
    "types": 'g (float[N, 3, ?, "a b", -1] a, float[] b, double c, seq(int64[]) d, optional(seq(string)) e, '
    "map(int64, float[2]) f, sparse_tensor(float[3, K]) h, sparse_tensor(int8) i, opaque() j, opaque(a.b.c) k, "
    "opaque(a.b, c) l, bfloat16[1] m, float8e4m3fn n, uint2[4] o, float6e3m2 p) => () {}",
    "untyped values": 'g (x, "a value") => (y) { y = Add(x, "a value") }',
    "initialisers": "g (float[2] x = {1, 2}) => (y) <float[2, 2] w = {1.5, -inf, nan, 1e-3}, float16[1] h = {15360}, "
    'string[2] s = {"a", "b\\\\\\"c"}, int64[0] e = {}, uint64[2] u = {18446744073709551615, -1}, bool[1] b = {1}, '
    "double[2] d = {1e300, Infinity}, complex64[1] c = {1, 2}, int4[2] i = {1, -8}, int64 v, float n = {-NaN}> {}",
    "external data": 'g () => (w) <float[4] w = ["location": "w.bin", "offset": "16"]> {}',
    "labels, domains, overloads": 'g (x) => (y) { [n] a = Relu(x) ["node 2"] b = com.microsoft.Gelu:fast(a) []y=a.b.c.D(b)}',
    "left out values": 'g (x) => (y) { a, , "" = Split(x) b = Clip(x, , a) c = F(,) d = F("") e = F(x,) = Sink(a) y = F()}',
    "attributes of all kinds": 'g (x) => (y) { y = F <i = -3, f = 1.0, g = 1e5, h = -inf, n = nan, s = "a", is = [1, -2], fs = [1.5, inf], '
    'ss = ["a", ""], e: ints = [], ef: floats = [], fi: float = 1, fsi: floats = [1, 2], t = float[2] {1, 2}, '
    "u: tensor = int64 val = {7}, v = float {1}, w = int32[1] {2}, ty = seq(float[3]), to: type_proto = float, ref: int = @axis, "
    'ref2 = @b, single: int = [1], k: tensor = string[1] named {"x"}> (x) }',
    "attributes behind the inputs": "g (x) => (y) { y = F (x) <a = 1> }",
    "graphs": "g (c) => (r) { r = If (c) <then_branch = t () => (float a) <float a = {1}> {}, "
    "else_branch: graph = e () => (b) { b = If (c) <then_branch = t2 () => (d) { d = F() }, else_branch = e2 () => () {}> }> }",
    "functions": 'g () => () {} <domain: "l", overload: "o", opset_import: ["" : 17], doc_string: "d"> '
    "f <a, b: int = 3, c = 1.5, d> (x, float[N] y, \"z z\") => (float[N] r) <float[2] t, u> { r = LeakyRelu <alpha: float = @c> (x) } h () => () {}",
    "float limits": "g () => () <float[4] w = {3.4028235e38, 1e-45, 1e-400, 3.40282356e38}> {}",
    "odd numbers": "g () => () <float[3] w = {1., 007, 1.e2}, int64[3] i = {007, -0, 9223372036854775807}> {}",
}  # fmt: skip

REFUSED = {
    "nothing": "",
    "only a comment": "# nothing",
    "no outputs": "g (float x) { y = Relu(x) }",
    "a gap in the arrow": "g () = > () {}",
    "unknown type": "g (floot x) => () {}",
    "unknown header field": "<version: 8> g () => () {}",
    "empty header": "<> g () => () {}",
    "no comma": 'g (float x float y) => () {}',
    "an open string": 'g ("x) => () {}',
    "no closing brace": "g () => () { y = Relu(x)",
    "too many closing braces": "g () => () { } }",
    "no equals sign": "g () => () { y Relu(x) }",
    "no parentheses": "g () => () { y = Relu x }",
    "empty attributes": "g () => () { y = F <> (x) }",
    "attribute without a value": "g () => () { y = F <a = > (x) }",
    "attribute of unknown type": "g () => () { y = F <a: number = 1> (x) }",
    "attribute of another type": "g () => () { y = F <a: int = 1.5> (x) }",
    "list without a type": "g () => () { y = F <a = []> (x) }",
    "list for one value": "g () => () { y = F <a: int = []> (x) }",
    "one value for a list": "g () => () { y = F <a: ints = 1> (x) }",
    "comma at a list's end": "g () => () { y = F <a = [1,]> (x) }",
    "int out of range": "g () => () { y = F <a = 9223372036854775808> (x) }",
    "int32 out of range": "g () => () <int32[1] w = {2147483648}> {}",
    "uint64 out of range": "g () => () <uint64[1] w = {18446744073709551616}> {}",
    "float out of range": "g () => () <float[1] w = {3.4028236e38}> {}",
    "double out of range": "g () => () <double[1] w = {1e309}> {}",
    "float for int": "g () => () <int64[1] w = {1.0}> {}",
    "no exponent": "g () => () <float[1] w = {1e}> {}",
    "a gap behind the sign": "g () => () <float[1] w = {- 1}> {}",
    "no digit before the point": "g () => () <float[1] w = {.5}> {}",
    "digits behind inf": "g () => () { y = F <a = -inf3> (x) }",
    "value of unknown rank": "g () => () <float[] w = {1}> {}",
    "value of unknown extent": "g () => () <float[N] w = {1}> {}",
    "value of a sequence": "g () => () <seq(float) w = {1}> {}",
    "value of no type": "g (x = {1}) => () {}",
    "output with a value": "g () => (float y = {1}) {}",
    "map with a tensor key": "g (map(seq(float), float) x) => () {}",
    "dots without a name": "g () => () { y = a..b(x) }",
    "no domain's version": '<opset_import: [""]> g () => () {}',
    "something behind the functions": "g () => () {} 5",
}  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED.values(), ids=ACCEPTED)
def test_accepted_as_onnx_parser_does(text: str) -> None:
    parser = pytest.importorskip("onnx").parser
    assert read(text).SerializeToString(deterministic=True) == parser.parse_model(text).SerializeToString(
        deterministic=True
    )


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_refused_as_onnx_parser_does(text: str) -> None:
    assert parse(text).errors
    parser = pytest.importorskip("onnx").parser
    with pytest.raises((parser.ParseError, ValueError, RuntimeError, IndexError)):
        parser.parse_model(text)


def test_lists_that_onnx_parser_drops_are_kept() -> None:
    model = read(
        "g () => () { y = F <ts = [float[1] {1}, float[1] {2}], gs = [a () => () {}, b () => () {}], tp = [float, int64[2]]> () }"
    )
    tensors, graphs, types = model.graph.node[0].attribute
    assert [list(tensor.float_data) for tensor in tensors.tensors] == [[1.0], [2.0]]
    assert [graph.name for graph in graphs.graphs] == ["a", "b"]
    assert [kind.tensor_type.elem_type for kind in types.type_protos] == [1, 7]
    assert [attribute.type for attribute in (tensors, graphs, types)] == [9, 10, 14]


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("g () => () { y = (x) }", (1, 18), "expected an operator's name, found `(`"),
        ("g () => () { y = F <a = [1, 2.5]> () }", (1, 29), "a list cannot hold values of two kinds (int and float)"),
        ("g () => () { y = F <a = [@b]> () }", (1, 26), "a reference to an attribute cannot stand in a list"),
        ("g () => () {} f <a: foo> () => () {}", (1, 21), "`foo` is no type of an attribute"),
    ],
)  # fmt: skip
def test_what_onnx_parser_lets_pass(text: str, place: tuple[int, int], message: str) -> None:
    assert errors(text) == [(*place, message)]


# ------------------------------------------------------------------------------------------------ places

TEXT = """<
  ir_version: 8, opset_import: ["" : 17]
>
net (float[N, 3] x) => (y)
<float[3, 2] w = {1, 2, 3, 4, 5, 6}, int64[N] h>
{
  [first] a, "b c" = com.microsoft.Split <axis: int = 1, parts = [1, 2]> (x, , w)
  y = Relu (a)
}
f (s) => (t) { t = Relu(s) }
"""


def test_places() -> None:
    model = parse(TEXT).model

    def at(place: Any) -> str:
        return TEXT[place.start : place.end]

    assert at(model.span) == "ir_version: 8"
    assert at(model.opset_import[0].span) == '"" : 17'
    graph = model.graph
    assert at(graph.span) == "net"
    assert at(graph.input[0].span) == "float[N, 3] x"
    assert at(graph.output[0].span) == "y"
    assert at(graph.initializer[0].span) == "float[3, 2] w"
    assert at(graph.value_info[0].span) == "int64[N] h"
    first, second = graph.node
    assert at(first.span) == "first"
    assert at(first.op_span) == "com.microsoft.Split"
    assert at(first.block) == TEXT.splitlines()[6].strip()
    assert [at(place) for place in first.output_spans] == ["a", '"b c"']
    assert [at(place) for place in first.input_spans] == ["x", "", "w"]
    assert [at(attribute.span) for attribute in first.attribute] == ["1", "[1, 2]"]
    assert at(second.span) == "y"
    assert at(second.block) == "y = Relu (a)"
    assert at(model.functions[0].span) == "f"
    assert parse(TEXT).has_header
    assert not parse("g () => () {}").has_header


def test_characters_of_several_bytes_keep_their_places() -> None:
    text = 'g ("ä→😀" , x) => () {}'
    place = parse(text).model.graph.input[1].span
    assert text[place.start : place.end] == "x"
    assert parse(text).model.graph.input[0].name == "ä→😀"
    assert parse('g ("\ud800", x) => () {}').model.graph.input[0].name == "?"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(1, 1, "expected the graph's name, found the end of the file")]),
        ("net (float x)\n-> (y) {}", [(2, 1, "expected `=>` behind the graph's inputs, found `-`")]),
        ("net (flaot[3] x) => (y) {}", [(1, 11, "expected `)` or `,` in the graph's inputs, found `[`")]),
        ("net (seq(flaot) x) => (y) {}", [(1, 10, "`flaot` is no type")]),
        ("net (x) => (y) {\n  y = Relu(x)\n", [(1, 16, "this `{` is never closed")]),
        ('net ("x) => (y) {\n}', [(1, 6, "this string is never closed")]),
        ("net () => (y) <float[2] w = {1, 1e39}> {}", [(1, 33, "`1e39` does not fit a float")]),
        ("net () => (y) <int32[2] w = {1, 4000000000}> {}", [(1, 33, "`4000000000` does not fit a 32-bit integer")]),
        ("net () => (y) <int64[1] w = {99999999999999999999}> {}", [(1, 30, "`99999999999999999999` does not fit a 64-bit integer")]),
        ("net () => (y) <float[N] w = {1}> {}", [(1, 16, "a tensor with a value has a number for every extent, not `N`")]),
        ("<ir_versoin: 8> net () => (y) {}", [(1, 2, "a model has no field `ir_versoin`")]),
    ],
)  # fmt: skip
def test_errors(text: str, found: list[tuple[int, int, str]]) -> None:
    assert errors(text) == found


def test_goes_on_behind_a_wrong_node() -> None:
    text = "net (x) => (y) {\n  a = Relu(x\n  b = Relu x)\n  y = Add(x, x)\n  c = F <a = b c> (x)\n}\n"
    assert errors(text) == [
        (3, 3, "expected `)` or `,` in the node's inputs, found `b`"),
        (5, 16, "expected `=>` behind the graph's inputs, found `c`"),
    ]
    assert [node.output[0] for node in parse(text).model.graph.node] == ["y"]


def test_goes_on_at_the_brace_that_closes_the_nodes() -> None:
    text = "net () => () { c = If (x) <t = g () => () { y = (x) }, e = h () => () {}> z = Relu(c) }\nf () => () {}"
    assert errors(text) == [(1, 49, "expected an operator's name, found `(`")]
    model = parse(text).model
    assert [node.op_type for node in model.graph.node] == ["If", "Relu"]
    assert [function.name for function in model.functions] == ["f"]


def test_a_name_that_needs_quotes() -> None:
    (error,) = parse("net () => () { y = Conv(x, conv1.weight) }").errors
    assert error.message == "expected `)` or `,` in the node's inputs, found `.weight`"
    assert error.remedy == "put a name with other characters than letters, digits and `_` in double quotes"


def test_number_of_errors_is_bounded() -> None:
    assert len(errors("net (x) => (y) {\n" + "  a = \n;\n" * 1000 + "}")) == MAX_ERRORS


# ------------------------------------------------------------------------------------------------ hostile text


def test_depth_is_bounded() -> None:
    for levels, fine in ((MAX_DEPTH, True), (MAX_DEPTH + 1, False), (100_000, False)):
        kinds = f"g ({'seq(' * levels}float{')' * levels} x) => () {{}}"
        graphs = f"g () => () {{ {'y = F <b = g () => () { ' * levels}{'}> ()' * levels} }}"
        for text in (kinds, graphs):
            found = [message for _, _, message in errors(text)]
            assert found == ([] if fine else [f"nested deeper than {MAX_DEPTH} levels"])


@pytest.mark.parametrize(
    "make",
    [
        lambda n: f"g () => () <float[1] w = {{{'1' * n}}}> {{}}",
        lambda n: f"g () => () <int64[1] w = {{{'0' * n}}}> {{}}",
        lambda n: f"g () => () <float[1] w = {{{', '.join(['1.5'] * n)}, x}}> {{}}",
        lambda n: f"g () => () <int64[1] w = {{{', '.join(['15'] * n)}}}> {{}}",
        lambda n: f"g () => () {{ y = F({','.join(['x'] * n)}) }}",
        lambda n: f"g () => () {{{'y = F(x) ' * n}}}",
        lambda n: 'g ("' + "\\a" * n,
        lambda n: "#" * n,
        lambda n: "# a\n" * n,
        lambda n: " " * n + "5",
        lambda n: "g () => () {" + "{" * n,
        lambda n: "g (" + "a," * n,
        lambda n: "g () => () { y = " + "a." * n,
        lambda n: "<" * n,
    ],
)
def test_time_grows_no_faster_than_the_text(make: Any) -> None:
    def seconds(size: int) -> float:
        text = make(size)
        start = time.process_time()
        parse(text)
        return time.process_time() - start

    seconds(100)
    # Ten times the text: quadratic time would be a hundred times as much.
    assert seconds(100_000) < 30 * seconds(10_000) + 0.1


_PIECES = st.sampled_from(
    [
        *"<>()[]{},=:@?\".-# \n\\",
        "=>", "x", "g", "float", "int64[2]", "seq", "map", "optional", "ints", "graph", "1", "-5", "1.5", "1e5", "1e400",
        "inf", "nan", "9" * 30, '"s"', "ir_version", "opset_import", "uint64", "string", "\ud800", "é", "\0",
        "g (x) => (y) {", "y = Relu(x)", "<a = ", "{1, 2}",
    ]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=60).map("".join) | st.text(max_size=200))
@settings(max_examples=500, deadline=None)
def test_any_text_is_answered(text: str) -> None:
    for candidate in (text, f"{HEADER}g (float[N] x) => (y) {{ {text}", f"g {text}"):
        parsed = parse(candidate)
        assert all(0 <= error.start <= error.end <= len(candidate) for error in parsed.errors)
        assert ModelProto.FromString(parsed.model.SerializeToString()) == parsed.model


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_damaged_model_is_answered(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(sorted(ACCEPTED.values())))
    at = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(at, min(len(text), at + 8)))
    parsed = parse(text[:at] + data.draw(_PIECES) + text[end:])
    assert len(parsed.errors) <= MAX_ERRORS
