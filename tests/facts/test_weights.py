"""Stored tensors as weights, and what the outputs depend on."""

from __future__ import annotations

import re
from math import prod

from netlint import Model, load
from netlint.engine.store import FactStore
from netlint.facts import Liveness, Weights
from netlint.facts.weights import bytes_of


def model(text: str) -> Model:
    """The model of a text in which `float[2,3] w ~` stands for a stored tensor of zeros."""
    text = re.sub(r"\[([\d,]+)\] (\w+) ~", _zeros, text)
    return load(f'<ir_version: 8, opset_import: ["": 17, "l": 1]>\n{text}', filename="net.onnxtxt")[0]


def _zeros(found: re.Match[str]) -> str:
    return f"[{found[1]}] {found[2]} = {{{', '.join('0' * prod(map(int, found[1].split(','))))}}}"


def weights(text: str) -> list[tuple[str, str, str]]:
    found = FactStore(model(text)).get(Weights)
    return [(weight.value.name, weight.node.name, weight.role) for weight in found.all]


class TestWeights:
    def test_roles(self) -> None:
        text = (
            "g (float[1,2,4,4] x) => (float[?] y) <float[2,2,1,1] w ~, float[2] b ~, float[2] s ~, float[2] m ~, float[2] v ~> "
            "{ c = Conv(x, w, b) y = BatchNormalization(c, s, b, m, v) }"
        )
        assert weights(text) == [
            ("w", "c", "weight"), ("b", "c", "bias"), ("s", "y", "scale"), ("b", "y", "bias"), ("m", "y", "mean"),
            ("v", "y", "variance"),
        ]  # fmt: skip

    def test_behind_casts_and_layouts(self) -> None:
        text = (
            "g (float16[2,2] x) => (float16[2,2] y) <float[2,2] w ~> "
            "{ h = Cast <to = 10> (w) t = Transpose(h) i = Identity(t) y = MatMul(x, i) }"
        )
        assert weights(text) == [("w", "y", "weight")]

    def test_on_the_left_of_a_product(self) -> None:
        assert weights("g (float[2,2] x) => (float[2,2] y) <float[2,2] w ~> { y = MatMul(w, x) }") == [
            ("w", "y", "weight")
        ]

    def test_computed_and_added_tensors_are_none(self) -> None:
        text = "g (float[2,2] x) => (float[2,2] y) <float[2,2] w ~> { a = Add(x, w) y = MatMul(a, a) }"
        assert weights(text) == []

    def test_embeddings(self) -> None:
        text = "g (int64[3] i) => (float[3,2] y) <float[5,2] t ~, int64[5] order ~, int64[1] first = {0}> "
        assert weights(f"{text} {{ y = Gather(t, i) }}") == [("t", "y", "table")]
        assert weights(f"{text} {{ j = Gather(order, i) y = Gather(t, first) }}") == []

    def test_one_tensor_of_several_nodes(self) -> None:
        found = FactStore(
            model("g (float[2,2] x) => (float[2,2] y) <float[2,2] w ~> { a = MatMul(x, w) y = MatMul(a, w) }")
        ).get(Weights)
        assert [weight.node.name for weight in found.all] == ["a", "y"]
        assert [weight.node.name for weight in found.distinct()] == ["a"]

    def test_bytes(self) -> None:
        stored = model(
            'g () => (float[3] a) <float[3] a ~, float16[3] h ~, int4[3] i ~, bool[3] b ~, double[2,0] z ~, bfloat16[3] f ~, string[1] s = {"x"}> {}'
        ).stored
        assert {value.name: bytes_of(value) for value in stored} == {
            "a": 12, "h": 6, "i": 2, "b": 3, "z": 0, "f": 6, "s": 0,
        }  # fmt: skip


class TestLiveness:
    def test_through_bodies(self) -> None:
        text = (
            "g (bool c, float[2] x) => (float[2] y) { d = Neg(x) e = Abs(x) y = If (c) <then_branch = t () => (float[2] a) "
            "{ a = Relu(d) f = Exp(d) }, else_branch = e () => (float[2] b) { b = Neg(x) }> }"
        )
        found = model(text)
        liveness = FactStore(found).get(Liveness)
        assert [node.name for node in found.nodes if liveness.dead(node)] == ["e", "f"]

    def test_nothing_is_dead_where_an_output_is_missing(self) -> None:
        found = model("g (float[2] x) => (float[2] y, float[2] z) { y = Relu(x) a = Neg(x) }")
        liveness = FactStore(found).get(Liveness)
        assert not liveness.certain
        assert not any(map(liveness.dead, found.nodes))

    def test_of_what_nested_calls_give(self) -> None:
        text = (
            "g (float[2] x) => (float[2] y) { y = l.outer(x) }\n"
            '<domain: "l", opset_import: ["": 17, "l": 1]>\nouter (p) => (q, r) { q, s = l.inner(p) r = Abs(s) }\n'
            '<domain: "l", opset_import: ["": 17]>\ninner (p) => (q, r) { q = Relu(p) r = Neg(p) u = Exp(p) }'
        )
        found = model(text)
        liveness = FactStore(found).get(Liveness)
        assert [node.op for node in found.nodes if liveness.dead(node)] == ["Exp"]
