"""Text forms: types, escapes and places; what is wrong with them."""

from __future__ import annotations

from typing import Any

import pytest

from netlint.loaders.tensorflow import proto
from netlint.loaders.tensorflow.text import Reading, fill
from netlint.loaders.text_format import parse
from netlint.model import Source
from tests.loaders.tensorflow.graphs import constant, findings, node, placeholder


def read(text: str) -> tuple[Any, Reading]:
    parsed = parse(text)
    assert parsed.errors == []
    message, reading = proto.GraphDef(), Reading(Source("graph.pbtxt", text))
    fill(message, parsed.root, reading)
    return message, reading


def test_values_of_every_type() -> None:
    message, reading = read(
        'node { name: "a\\"b" op: \'Const\' attr { key: "value" value { tensor { dtype: DT_FLOAT '
        'tensor_content: "\\000\\000\\200?\\x41" float_val: 1.5f float_val: inf int_val: 0x10 bool_val: true } } } '
        'attr { key: "T" value { type: DT_FLOAT_REF } } }'
    )
    assert reading.problems == []
    first = message.node[0]
    assert (first.name, first.op) == ('a"b', "Const")
    tensor = first.attr[0].value.tensor
    assert tensor.tensor_content == b"\0\0\x80?A"
    assert list(tensor.float_val) == [1.5, float("inf")]
    assert list(tensor.int_val) == [16]
    assert list(tensor.bool_val) == [True]
    assert first.attr[1].value.type == 101


def test_places_cover_what_they_mean() -> None:
    text = placeholder("x", 4) + node("y", "Relu", "x", T="type: DT_FLOAT")
    message, _ = read(text)
    relu = message.node[1]
    assert text[relu.span.start : relu.span.end] == '"y"'
    assert text[relu.op_span.start : relu.op_span.end] == '"Relu"'
    assert text[relu.input_spans[0].start : relu.input_spans[0].end] == '"x"'
    assert text[relu.attr[0].span.start : relu.attr[0].span.end] == "DT_FLOAT"
    assert text[relu.block.start : relu.block.end].startswith("node {")
    assert text[relu.block.start : relu.block.end].endswith("}")


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ('node {\n  name: x\n op: "A" }\n', 2, 9, "`name` needs a text in quotes, not `x`"),
        ('node {\n  name: { }\n op: "A" }\n', 2, 3, "`name` needs a value, not a message"),
        ('node { op: "A"\n  attr: 3 }\n', 2, 9, "`attr` needs a message in braces, not `3`"),
        ('node { op: "A"\n attr { value { type: DT_FLOATY } } }\n', 2, 23, "`type` cannot be `DT_FLOATY`"),
        (
            'node { op: "A"\n attr { value { i: 99999999999999999999 } } }\n',
            2,
            20,
            "`i` cannot be `99999999999999999999`",
        ),
        ('node { op: "A"\n attr { value { b: 1x } } }\n', 2, 20, "`b` cannot be `1x`"),
    ],
)
def test_a_value_of_the_wrong_type_is_told_where_it_stands(text: str, line: int, column: int, message: str) -> None:
    assert [(one.rule, one.line, one.column, one.message) for one in findings(text)] == [
        ("syntax", line, column, message)
    ]


def test_names_twice_and_names_of_nobody() -> None:
    text = placeholder("x", 4) + placeholder("x", 5) + node("y", "Add", "x", "z", T="type: DT_FLOAT")
    assert [(one.rule, one.line, one.column, one.message) for one in findings(text)] == [
        ("duplicate-top", 8, 9, "Placeholder `x` has the name of an earlier node: TensorFlow refuses the graph"),
        (
            "unknown-bottom",
            17,
            10,
            "Add `y` reads `z` as input 1, but there is no such node: TensorFlow refuses the graph",
        ),
    ]


def test_a_comment_silences_a_finding() -> None:
    text = placeholder("x", 8) + node("a", "Relu", "x") + node("b", "Relu", "a")
    assert [one.rule for one in findings(text)] == ["double-activation"]
    quiet = text.replace('name: "b"', 'name: "b"  # netlint: ignore[double-activation]')
    assert findings(quiet) == []
    assert constant("c", 1) in constant("c", 1)
