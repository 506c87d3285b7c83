"""Intervals hold for what the operators really compute, and say no more than they know."""

from __future__ import annotations

import math

import numpy as np
import pytest

from netlint.api import load
from netlint.engine.store import FactStore
from netlint.facts import Range, Ranges
from netlint.facts.ranges import NEVER, OFTEN, RARELY, UNSURE
from tests.onnx_corpus import onnx

HEADER = '<ir_version: 8, opset_import: ["": 17]>\n'


def ranges_of(text: str) -> dict[str, Range]:
    """The range of every named value of a graph."""
    model = load(HEADER + text, filename="net.onnxtxt")[0]
    ranges = FactStore(model).get(Ranges)
    return {value.name: ranges[value] for value in model.values}


def known(body: str, weights: str = "") -> Range:
    """The range of `y` in a graph with the input `x`, six vectors of five."""
    stored = f"<{weights}>" if weights else ""
    return ranges_of(f"net (float[6,5] x) => (float[?,?] y) {stored} {{ {body} }}")["y"]


@pytest.mark.parametrize(
    ("body", "weights", "wanted"),
    [
        ("y = Relu(x)", "", Range(0, math.inf, OFTEN)),
        ("a = Relu(x) b = Neg(a) y = Relu(b)", "", Range(0, 0, OFTEN, attained=True)),
        ("y = Mul(x, x)", "", Range(0, math.inf, RARELY)),
        ("y = Sub(x, x)", "", Range(0, 0, OFTEN, attained=True)),
        ("y = Sigmoid(x)", "", Range(0, 1, NEVER, attained=True)),
        ("y = Tanh(x)", "", Range(-1, 1, UNSURE, attained=True)),
        ("a = Relu(x) y = Tanh(a)", "", Range(0, 1, OFTEN)),
        ("a = Relu(x) y = Add(a, e)", "float e = {0.5}", Range(0.5, math.inf, NEVER)),
        ("a = Sigmoid(x) y = Mul(a, e)", "float e = {100}", Range(0, 100, NEVER, attained=True)),
        ("y = Clip(x, a, b)", "float a = {-1}, float b = {2}", Range(-1, 2, UNSURE, attained=True)),
        ("y = Clip(x, b, a)", "float a = {-1}, float b = {2}", Range(-1, -1, NEVER, attained=True)),
        ("a = Abs(x) y = ReduceSum<keepdims = 1>(a, k)", "int64[1] k = {1}", Range(0, math.inf, RARELY)),
        ("y = ReduceL2<axes = [1]>(x)", "", Range(0, math.inf, RARELY)),
        ("a = Equal(x, z) b = Relu(x) y = Where(a, o, b)", "float z = {0}, float o = {1}", Range(0, math.inf)),
        ("a = ReduceMax<axes = [1]>(x) b = Sub(x, a) y = Exp(b)", "", Range(0, 1, NEVER, attained=True)),
        ("y = Pow(x, e)", "float e = {2}", Range(0, math.inf, RARELY)),
        ("y = Div(x, e)", "float e = {4}", Range()),
        ("y = MatMul(x, w)", "float[5,5] w = {}", Range()),
    ],
)
def test_ranges_of_small_graphs(body: str, weights: str, wanted: Range) -> None:
    assert known(body, weights) == wanted


#: One input, one output, and what else it reads.
_STEPS = (
    *(
        "Relu",
        "Abs",
        "Neg",
        "Exp",
        "Sigmoid",
        "Tanh",
        "Softplus",
        "Elu",
        "LeakyRelu",
        "Selu",
        "Softsign",
        "HardSigmoid",
    ),
    *("HardSwish", "Floor", "Ceil", "Sign", "Erf", "Sin", "Cos", "Square", "Twice", "Shift", "Scale", "Least", "Most"),
    *("Bounds", "Mean", "Total", "Largest", "Centred", "Softmax", "Root", "Inverse", "Cube", "With input", "By input"),
)
_WRITTEN = {
    "Square": "{y} = Mul({x}, {x})",
    "Twice": "{y} = Add({x}, {x})",
    "Shift": "{y} = Add({x}, half)",
    "Scale": "{y} = Mul({x}, less)",
    "Least": "{y} = Max({x}, half)",
    "Most": "{y} = Min({x}, half)",
    "Bounds": "{y} = Clip({x}, less, half)",
    "Mean": "{y} = ReduceMean<axes = [1]>({x})",
    "Total": "{y} = ReduceSum({x}, axis)",
    "Largest": "{y} = ReduceMax<axes = [1]>({x})",
    "Centred": "{y}_m = ReduceMax<axes = [1]>({x}) {y} = Sub({x}, {y}_m)",
    "Softmax": "{y} = Softmax<axis = 1>({x})",
    "Root": "{y}_a = Abs({x}) {y} = Sqrt({y}_a)",
    "Inverse": "{y} = Reciprocal({x})",
    "Cube": "{y} = Pow({x}, three)",
    "With input": "{y} = Sub({x}, x)",
    "By input": "{y} = Mul({x}, x)",
}


@pytest.mark.parametrize("seed", range(60))
def test_what_is_computed_lies_in_its_range(seed: int) -> None:
    """Chains of eight operators against the reference implementation of the specification."""
    from onnx.reference import ReferenceEvaluator

    random = np.random.default_rng(seed)
    steps = [str(step) for step in random.choice(_STEPS, 8)]
    names = ["x", *(f"v{index}" for index in range(8))]
    body = " ".join(
        _WRITTEN.get(step, f"{{y}} = {step}({{x}})").format(x=before, y=after)
        for step, before, after in zip(steps, names, names[1:], strict=False)
    )
    outputs = ", ".join(f"float[?,?] {name}" for name in names[1:])
    text = (
        f"{HEADER}net (float[6,5] x) => ({outputs}) <float half = {{0.5}}, float less = {{-2}}, float three = {{3}}, "
        f"int64[1] axis = {{1}}> {{ {body} }}"
    )
    found = ranges_of(text.removeprefix(HEADER))
    x = random.normal(size=(6, 5)).astype(np.float32) * 3
    x[0, :2] = 0
    with np.errstate(all="ignore"):
        computed = ReferenceEvaluator(onnx.parser.parse_model(text)).run(None, {"x": x})
    for name, values in zip(names[1:], computed, strict=True):
        numbers = values[np.isfinite(values)]
        if not numbers.size:
            continue
        slack = 1e-4 * max(1.0, float(np.abs(numbers).max()))
        assert found[name].low - slack <= numbers.min(), (name, steps, found[name])
        assert numbers.max() <= found[name].high + slack, (name, steps, found[name])
