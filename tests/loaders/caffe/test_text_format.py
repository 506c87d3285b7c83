"""The parser: places, recovery, and limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netlint.loaders.text_format import MAX_DEPTH, MAX_ERRORS, Field, Message, parse


def shape(message: Message) -> list[object]:
    """The tree as plain lists."""
    return [(item.name, item.text if item.message is None else shape(item.message)) for item in message.fields]


def first(text: str) -> Field:
    return parse(text).root.fields[0]


def test_names_and_values_know_both_ends() -> None:
    text = '  name: "LeNet" # the net\n'
    item = first(text)
    assert text[item.name_start : item.name_start + len(item.name)] == "name"
    assert text[item.start : item.end] == '"LeNet"'


def test_a_message_ends_behind_its_brace() -> None:
    text = "layer { name: 'a' }\nlayer { }"
    items = parse(text).root.fields
    assert [text[item.name_start : item.end] for item in items] == ["layer { name: 'a' }", "layer { }"]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a: 1 b: 2", [("a", "1"), ("b", "2")]),
        ("a: 1; b: 2, c: 3", [("a", "1"), ("b", "2"), ("c", "3")]),
        ("a { b: 1 }", [("a", [("b", "1")])]),
        ("a: { b: 1 }", [("a", [("b", "1")])]),
        ("a < b: 1 >", [("a", [("b", "1")])]),
        ("a\n{\nb:\n1 }", [("a", [("b", "1")])]),
        ("a # x\n: # y\n{ b # z\n: 1 ; }", [("a", [("b", "1")])]),
        ("a: [1, 2 , 3]", [("a", "1"), ("a", "2"), ("a", "3")]),
        ("a: []", []),
        ("a: - 1", [("a", "- 1")]),
        ("a: 'x' \"y\"\n'z'", [("a", "'x' \"y\"\n'z'")]),
        ('a: "say \\"hi\\" # not a comment"', [("a", '"say \\"hi\\" # not a comment"')]),
        ("# only\n\n a:1# behind\n", [("a", "1")]),
        ("a:1\r\nb:2\r\n", [("a", "1"), ("b", "2")]),
        ("a: 1e-3 b: .5f c: -inf d: 0x1F", [("a", "1e-3"), ("b", ".5f"), ("c", "-inf"), ("d", "0x1F")]),
    ],
)
def test_what_the_format_allows(text: str, tree: list[object]) -> None:
    parsed = parse(text)
    assert parsed.errors == []
    assert shape(parsed.root) == tree


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("a: 1\nb 2\nc: 3", "expected `:` or `{` after `b`, found `2`", "2"),
        ("a:\n}", "`a` has no value: found `}`", "}"),
        ('a: "open\nb: 1', "this string is not closed on its line", '"open'),
        ("// note\na: 1", "`//` starts no comment in this format", "// note"),
        ("a { b: 1", "`a` is opened here and never closed", "a {"),
        ("} a: 1", "`}` closes nothing", "}"),
        ("a { b: 1 >", "`>` where `}` must close `a`", ">"),
        ("a: [1 2]", "expected `,` or `]` in the list, found `2`", "2"),
        ("a: $WIDTH", "`a` has no value: found `$WIDTH`", "$WIDTH"),
        ("a: 1 5: 2", "expected a field name, found `5`", "5"),
    ],
)
def test_errors_say_what_was_expected_and_where(text: str, message: str, at: str) -> None:
    error = parse(text).errors[0]
    assert error.message == message
    assert text[error.start : error.end] == at


def test_the_rest_of_the_file_is_read_after_an_error() -> None:
    parsed = parse("layer {\n  name 'conv1'\n  type: 'Convolution'\n}\nlayer { name: 'relu1' }\n")
    assert len(parsed.errors) == 1
    assert shape(parsed.root) == [("layer", [("type", "'Convolution'")]), ("layer", [("name", "'relu1'")])]


def test_depth_is_limited_as_in_protobuf() -> None:
    deep = "a {" * 100_000
    parsed = parse(deep)
    assert parsed.errors[0].message == f"nested deeper than {MAX_DEPTH} messages: protobuf refuses it"
    assert parse("a {" * MAX_DEPTH + "}" * MAX_DEPTH).errors == []


def test_errors_are_limited() -> None:
    assert len(parse("a b\n" * 10_000).errors) == MAX_ERRORS


@given(st.text(max_size=300))
@settings(max_examples=400, deadline=None)
def test_any_text_is_answered_with_places_inside_it(text: str) -> None:
    parsed = parse(text)
    for error in parsed.errors:
        assert 0 <= error.start <= error.end <= len(text)
    waiting = [parsed.root]
    while waiting:
        for item in waiting.pop().fields:
            assert text[item.name_start :].startswith(item.name)
            assert item.name_start < item.start < item.end <= len(text)
            if item.message is not None:
                waiting.append(item.message)


@given(st.lists(st.sampled_from(["a", "{", "}", "<", ">", ":", "[", "]", "1", '"x"', "'", "#", "\n", ",", "-"])))
@settings(max_examples=600, deadline=None)
def test_any_sequence_of_tokens_is_answered(tokens: list[str]) -> None:
    parse(" ".join(tokens))


@pytest.mark.parametrize("piece", ["a: [", "[a", "a: 'x' ", '"', "#\n", "a:\n#", "< ", "a: -", "}" * 3, "a { # x\n"])
def test_hostile_repetition_costs_linear_time(piece: str) -> None:
    # Not a timing: a quadratic or exponential pattern would not come back within the test run's patience.
    parse(piece * 200_000)
