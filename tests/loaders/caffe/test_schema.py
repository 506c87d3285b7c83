"""Typing of scalars, and what the schema does not know."""

from __future__ import annotations

import pytest

from netlint.loaders.caffe.forks import forks
from netlint.loaders.caffe.schema import apply, enum_words, schema
from netlint.loaders.text_format import parse


def typed(text: str, message: str) -> object:
    root = parse(text).root
    assert apply(root, message).invalid == []
    return root.fields[0].value


@pytest.mark.parametrize(
    ("text", "message", "value"),
    [
        ("num_output: 0x10", "ConvolutionParameter", 16),
        ("num_output: 010", "ConvolutionParameter", 8),
        ("std: .5f", "FillerParameter", 0.5),
        ("std: 1e-3", "FillerParameter", 0.001),
        ("std: inf", "FillerParameter", float("inf")),
        ("bias_term: f", "ConvolutionParameter", False),
        ("bias_term: 1", "ConvolutionParameter", True),
        ("pool: AVE", "PoolingParameter", "AVE"),
        ("pool: 1", "PoolingParameter", "AVE"),
        (r'type: "a\"b" ' + "'c'", "FillerParameter", 'a"bc'),
        ("axis: -1", "ConcatParameter", -1),
    ],
)
def test_scalars_are_typed_as_protobuf_does(text: str, message: str, value: object) -> None:
    assert typed(text, message) == value


@pytest.mark.parametrize(
    ("text", "message", "says"),
    [
        ("num_output: 3.0", "ConvolutionParameter", "`num_output` takes a whole number, not `3.0`"),
        ('num_output: "3"', "ConvolutionParameter", '`num_output` takes a whole number, not `"3"`'),
        ("num_output: -1", "ConvolutionParameter", "`num_output` takes a whole number from 0 to 4294967295, not `-1`"),
        ("type: xavier", "FillerParameter", "`type` takes a quoted string, not `xavier`"),
        ("bias_term: yes", "ConvolutionParameter", "`bias_term` takes true or false, not `yes`"),
        (
            'pool: "MAX"',
            "PoolingParameter",
            '`pool` takes one of MAX, AVE, STOCHASTIC (without quotes), not `"MAX"`',
        ),
        ("weight_filler: 1", "ConvolutionParameter", "`weight_filler` is a message: write `weight_filler { ... }`"),
        ("num_output { }", "ConvolutionParameter", "`num_output` takes a value, not a message"),
    ],
)
def test_a_wrong_value_says_what_is_wanted(text: str, message: str, says: str) -> None:
    assert [problem for _, problem in apply(parse(text).root, message).invalid] == [says]


def test_a_singular_field_given_twice_is_noted_with_both_places() -> None:
    root = parse("name: 'a' name: 'b'").root
    ((_, first, again),) = apply(root, "LayerParameter").duplicates
    assert (first.value, again.value) == ("a", "b")


def test_unknown_fields_stay_out_and_the_rest_is_read() -> None:
    root = parse("layer { name: 'a' permute_param { order: 0 } tpye: 'ReLU' }").root
    found = apply(root, "NetParameter")
    assert [(message, item.name) for message, item in found.unknown] == [
        ("LayerParameter", "permute_param"),
        ("LayerParameter", "tpye"),
    ]


def test_defaults_are_caffes() -> None:
    assert schema()["FillerParameter"]["std"].default == 1.0
    assert schema()["PoolingParameter"]["round_mode"].default == "CEIL"
    assert schema()["ReshapeParameter"]["num_axes"].default == -1
    assert schema()["CropParameter"]["axis"].default == 2
    assert schema()["BatchNormParameter"]["use_global_stats"].default is False


def test_forks_know_their_own() -> None:
    ssd = next(fork for fork in forks() if fork.name == "SSD")
    assert ssd.knows("LayerParameter", "permute_param")
    assert "PriorBox" in ssd.types
    assert not ssd.knows("LayerParameter", "tpye")


def test_enums_have_their_words() -> None:
    assert enum_words("EltwiseParameter.EltwiseOp") == {"PROD", "SUM", "MAX"}
