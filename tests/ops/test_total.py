"""Every shape function answers for whatever a file may hold: no exception, one shape an output, no time lost."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import netlint.ops
from netlint.loaders.onnx.schema import operator_schema
from netlint.model import UNKNOWN, Body, Problem, Unknown, Value, symbol
from netlint.ops import Arrived, operators
from tests.ops.build import Given, node_of

OPERATORS = operators()

SOURCES = "".join(path.read_text() for path in sorted(Path(netlint.ops.__file__).parent.glob("*.py")))

#: The attributes that shape functions ask for.
ASKED = sorted(set(re.findall(r'(?:\.get\(|node, |inputs, |attrs\[|\()"([a-z][A-Za-z_]*)"', SOURCES)))

SYMBOLS = st.sampled_from([UNKNOWN, symbol("N"), symbol("S")])
EXTENTS = st.one_of(
    st.integers(1, 8), st.sampled_from([0, 1, 2, 3, 4, 6, 12, -1, -4, 2**31, 2**62, 2**63 - 1, -(2**63)]), SYMBOLS
)
SHAPES = st.one_of(
    st.lists(EXTENTS, max_size=5).map(tuple), st.just(UNKNOWN), st.lists(EXTENTS, min_size=60, max_size=70).map(tuple)
)
NUMBERS: st.SearchStrategy[Any] = st.one_of(
    st.integers(-3, 9),
    st.sampled_from(
        [2**31, 2**62, 2**63 - 1, -(2**63), 0.5, 1.0, 2.0, 0.1, -1.5, 1e30, float("nan"), float("inf"), "a"]
    ),
    SYMBOLS,
)
LISTS = st.lists(NUMBERS, max_size=9).map(tuple)
WORDS = st.sampled_from(
    [
        "SAME_UPPER",
        "SAME_LOWER",
        "VALID",
        "NOTSET",
        "none",
        "int64",
        "float32",
        "bool",
        "bidirectional",
        "not_larger",
        "not_smaller",
        "tf_crop_and_resize",
        "ij,jk->ik",
        "...ij,...jk->...ik",
        "ii",
        "->",
        ",",
        "a..b",
        "...",
        "i,j",
    ]
)
VALUES = st.one_of(NUMBERS, LISTS, st.lists(st.integers(-2, 5), max_size=5).map(tuple), WORDS, st.booleans())


@st.composite
def inputs(draw: st.DrawFn) -> Given:
    shape = draw(SHAPES)
    elements = draw(st.one_of(st.none(), LISTS, st.lists(st.integers(-3, 9), max_size=6).map(tuple)))
    if elements is not None and draw(st.booleans()):
        shape = (len(elements),)
    return Given(shape, elements, draw(st.booleans()), draw(st.sampled_from([None, None, None, ""])))


@pytest.mark.parametrize("name", sorted(operators()))
@settings(max_examples=8, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_input_is_answered(name: str, data: st.DataObject) -> None:
    given_inputs = data.draw(st.lists(inputs(), max_size=7))
    if data.draw(st.booleans()) and given_inputs:
        # Inputs of one shape get further than any others.
        given_inputs = [given_inputs[0]] * len(given_inputs)
    attrs = data.draw(st.dictionaries(st.sampled_from(ASKED), VALUES, max_size=8))
    dialect = "caffe" if name.startswith("caffe::") else data.draw(st.sampled_from(["onnx", "onnx", "torch"]))
    schema = operator_schema("", name, 10**6)
    most = schema.most(schema.outputs) if schema is not None else 1
    count = data.draw(st.integers(1, min(4 if most is None else most, 4)))
    node = node_of(name, given_inputs, attrs, count, dialect)
    if data.draw(st.booleans()):
        made = tuple(edge.value for edge in node.inputs[-2:])
        node.bodies = (Body("then_branch", (Value("i", None),), made),) * data.draw(st.integers(1, 2))
    problems: list[Problem] = []
    outcome = operators()[name].infer(node, Arrived([item.shape for item in given_inputs], node, {}), problems.append)
    if dialect == "onnx" or schema is None:
        assert len(outcome.outputs) == count or operators()[name].kind == "sink"
    for shape in outcome.outputs:
        assert isinstance(shape, Unknown) or all(isinstance(dim, int | Unknown) for dim in shape)
        assert isinstance(shape, Unknown) or len(shape) <= 200
    for elements in outcome.elements:
        assert elements is None or len(elements) <= 1024
    for problem in problems:
        assert problem.node is node
        assert problem.message
        assert problem.remedy


def test_numbers_that_multiply_themselves_stay_small() -> None:
    wide = Given((1, 2**62), stored=False)
    shape: Any = wide.shape
    for _ in range(64):
        node = node_of("Flatten", [Given(shape)], {"axis": 0}, 1, "onnx")
        shape = operators()["Flatten"].infer(node, Arrived([shape], node, {}), lambda _problem: None).outputs[0]
        side = shape[1]
        node = node_of("MatMul", [Given((side, 1)), Given((1, side))], {}, 1, "onnx")
        shape = (
            operators()["MatMul"]
            .infer(node, Arrived([(side, 1), (1, side)], node, {}), lambda _problem: None)
            .outputs[0]
        )
    assert isinstance(shape[0], Unknown) or shape[0].bit_length() <= 256


def test_symbols_that_multiply_themselves_stay_small() -> None:
    element: Any = symbol("N")
    for op in ["Mul", "Add", "Div", "Mul"] * 40:
        pair = [Given((1,), (element,)), Given((1,), (3 if op == "Div" else element,))]
        node = node_of(op, pair, {}, 1, "onnx")
        (result,) = (
            operators()[op].infer(node, Arrived([(1,), (1,)], node, {}), lambda _problem: None).elements[0] or ()
        )
        assert len(str(result)) < 4000
        element = result
