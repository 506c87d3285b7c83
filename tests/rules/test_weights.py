"""Rules about what stored tensors hold: what they find, and the traps that they must not fall into."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.onnx_text import repeated, told, various


def weights(text: str, rule: str, **options: Any) -> list[tuple[str, int, str]]:
    return told(text, rule, read_weights=True, **options)


def dense(elements: str, dtype: str = "float") -> str:
    return f"g ({dtype}[2,2] x) => ({dtype}[2,2] y) <\n{dtype}[2,2] w = {elements}\n> {{ h = MatMul(x, w) y = Sin(h) }}"


@pytest.mark.parametrize(
    ("rule", "elements", "severity", "message"),
    [
        (
            "non-finite-weights", "{1, nan, -inf, 2}", "error",
            "`w`, which MatMul `h` computes with, holds 1 NaN and 1 infinite of 4 elements: every output that they touch is "
            "NaN or infinite",
        ),
        (
            "all-zero-weights", "{0, 0, 0, 0}", "warning",
            "the weight `w` (2x2) of MatMul `h` is zero throughout: whatever comes in, the layer gives the same",
        ),
        (
            "constant-weights", "{0.3, 0.3, 0.3, 0.3}", "warning",
            "every element of the weight `w` (2x2) of MatMul `h` is 0.3: all its units compute the same",
        ),
        (
            "huge-weights", "{1, 2, -2e30, 3}", "warning",
            "the weight `w` of MatMul `h` holds elements up to 2e+30: no sound training gives such, and one of them drowns "
            "all the others",
        ),
        (
            "denormal-weights", "{1, 2, 1e-42, 3}", "info",
            "1 of 4 elements of the weight `w` of MatMul `h` are below the normal range of float32 (down to 1e-42): "
            "processors compute with them many times slower, or take them for zero",
        ),
    ],
)  # fmt: skip
def test_found(rule: str, elements: str, severity: str, message: str) -> None:
    assert weights(dense(elements), rule) == [(severity, 2, message)]
    assert told(dense(elements), rule) == [], "without the pass nothing is known"
    assert weights(dense("{1, 2, -3, 0.5}"), rule) == []


class TestNotFinite:
    def test_masks_may_be_infinite(self) -> None:
        text = "g (float[2,2] x) => (float[2,2] y) <float[2,2] m = {0, -inf, 0, 0}> { a = Add(x, m) y = Softmax(a) }"
        assert weights(text, "non-finite-weights") == []

    def test_nothing_sound_is_added_to_nan(self) -> None:
        text = "g (float[2,2] x) => (float[2,2] y) <float[2,2] m = {0, nan, 0, 0}> { a = Add(x, m) y = Softmax(a) }"
        assert [found[:2] for found in weights(text, "non-finite-weights")] == [("error", 1)]

    def test_what_replaces_nan(self) -> None:
        text = "g (float[2,2] x, bool[2,2] c) => (float[2,2] y) <float[2,2] m = {0, nan, 0, 0}> { y = Where(c, x, m) }"
        assert weights(text, "non-finite-weights") == []


class TestAllZero:
    def test_a_residual_branch(self) -> None:
        text = (
            f"g (float[2,3] x) => (float[2,3] y) <float[3,3] v = {various(9)}, float[3,3] w = {repeated('0', 9)}> "
            "{ a = MatMul(x, v) b = Relu(a) c = MatMul(b, w) y = Add(c, x) }"
        )
        assert weights(text, "all-zero-weights") == []

    def test_an_adapter_that_is_scaled(self) -> None:
        text = (
            f"g (float[2,3] x) => (float[2,3] y) <float[3,1] a = {various(3)}, float[1,3] b = {{0, 0, 0}}, float k = {{2}}, "
            f"float[3,3] w = {various(9)}> "
            "{ h = MatMul(x, w) p = MatMul(x, a) q = MatMul(p, b) r = Mul(q, k) y = Add(h, r) }"
        )
        assert weights(text, "all-zero-weights") == []

    def test_a_bias_that_is_added_is_no_second_branch(self) -> None:
        text = (
            "g (float[2,2] x) => (float[2,2] y) <float[2,2] w = {0, 0, 0, 0}, float[2] b = {1, 2}> "
            "{ h = MatMul(x, w) a = Add(h, b) y = Sin(a) }"
        )
        assert len(weights(text, "all-zero-weights")) == 1

    def test_a_quantised_weight(self) -> None:
        text = (
            "g (float[2,2] x) => (float[2,2] y) <int8[2,2] q = {0, 0, 0, 0}, float s = {0.1}> "
            "{ w = DequantizeLinear(q, s) h = MatMul(x, w) y = Sin(h) }"
        )
        assert weights(text, "all-zero-weights")[0][2].startswith("the weight `q` (2x2) of MatMul `h` is zero")

    def test_an_embedding(self) -> None:
        text = f"g (int64[2] i) => (float[2,2] y) <float[4,2] t = {repeated('0', 8)}> {{ a = Gather(t, i) y = Sin(a) }}"
        assert weights(text, "all-zero-weights")[0][2].startswith("the weight `t` (4x2) of Gather `a` is zero")


class TestConstant:
    @pytest.mark.parametrize(
        ("shape", "number", "group"),
        [("2,2,2,2", "0.125", 1), ("2,1,2,2", "0.3", 2), ("1,2,2,2", "0.3", 1)],
        ids=["mean", "blur by channel", "one unit"],
    )
    def test_kernels_that_are_constant_on_purpose(self, shape: str, number: str, group: int) -> None:
        count = eval(shape.replace(",", "*"))
        text = (
            f"g (float[1,2,4,4] x) => (float[?,?,?,?] y) <float[{shape}] w = {repeated(number, count)}> "
            f"{{ a = Conv <group = {group}> (x, w) y = Sin(a) }}"
        )
        assert weights(text, "constant-weights") == []

    def test_a_kernel_that_is_not(self) -> None:
        text = (
            f"g (float[1,2,4,4] x) => (float[?,?,?,?] y) <float[2,2,2,2] w = {repeated('0.3', 16)}> "
            "{ a = Conv(x, w) y = Sin(a) }"
        )
        assert len(weights(text, "constant-weights")) == 1


class TestVariance:
    TEXT = (
        "g (float[1,2,2] x) => (float[1,2,2] y) <float[2] s = {1, 2}, float[2] b = {1, 2}, float[2] m = {1, 2},\n"
        "float[2] v = VARIANCE> { a = BatchNormalization <epsilon = EPSILON> (x, s, b, m, v) y = Sin(a) }"
    )

    @pytest.mark.parametrize(
        ("variance", "epsilon", "said"),
        [
            ("{1, -2}", "0.00001", "holds -2, and a variance is never negative: its square root does not exist"),
            ("{1, 0}", "0.0", "holds 0, and epsilon is 0, too: the output is divided by zero"),
            (
                "{1, -0.0001}", "0.001",
                "holds -0.0001, and a variance is never negative: the channel is scaled by a number that nobody has learned",
            ),
        ],
    )  # fmt: skip
    def test_found(self, variance: str, epsilon: str, said: str) -> None:
        text = self.TEXT.replace("VARIANCE", variance).replace("EPSILON", epsilon)
        message = f"the running variance `v` of BatchNormalization `a` {said}"
        assert weights(text, "negative-variance") == [("error", 2, message)]

    def test_a_dead_channel(self) -> None:
        text = self.TEXT.replace("VARIANCE", "{1, 0}").replace("EPSILON", "0.00001")
        assert weights(text, "negative-variance") == []


class TestDuplicates:
    def test_names_and_bytes(self) -> None:
        stored = ",\n".join(f"float[8,8] {name} = {various(64)}" for name in "abcde")
        text = (
            f"g (float[8,8] x) => (float[8,8] y) <\n{stored}\n> "
            "{ p = MatMul(x, a) q = MatMul(p, b) r = MatMul(q, c) s = MatMul(r, d) y = MatMul(s, e) }"
        )
        message = "`b`, `c`, `d` and 1 more hold exactly what `a` holds: 1,024 bytes are stored again"
        assert weights(text, "duplicate-weights") == [("info", 3, message)]

    def test_equal_figures_of_other_bytes(self) -> None:
        numbers = various(64)
        turned = "{" + ", ".join(reversed(numbers.strip("{}").split(", "))) + "}"
        text = (
            f"g (float[8,8] x) => (float[8,8] y) <float[8,8] a = {numbers}, float[8,8] b = {turned}> "
            "{ p = MatMul(x, a) y = MatMul(p, b) }"
        )
        assert weights(text, "duplicate-weights") == []

    def test_other_shapes_and_short_constants(self) -> None:
        text = (
            f"g (float[8,8] x, float[64] z) => (float[8,8] y, float[64] u) <float[8,8] a = {various(64)}, "
            f"float[64] b = {various(64)}, float[64] c = {repeated('1', 64)}, float[64] d = {repeated('1', 64)}> "
            "{ y = MatMul(x, a) h = Mul(z, b) k = Mul(h, c) u = Mul(k, d) }"
        )
        assert weights(text, "duplicate-weights") == []


class TestHalf:
    def test_cast(self) -> None:
        text = (
            "g (float16[2,2] x) => (float16[2,2] y) <\nfloat[2,2] w = {0.5, 0.25, 1.5, -100000}\n> "
            "{ h = Cast <to = 10> (w) y = MatMul(x, h) }"
        )
        message = "`w` holds elements up to 100000, and Cast `h` makes them 16-bit floats, which end at 65504: they become infinite"
        assert told(text, "fp16-weight-overflow") == [("error", 2, message)]
        assert told(text.replace("-100000", "65504"), "fp16-weight-overflow") == []
        assert told(text.replace("float16", "bfloat16").replace("10>", "16>"), "fp16-weight-overflow") == []

    def test_profile(self) -> None:
        text = dense("{1, 2, 3, 70000}")
        assert told(text, "fp16-weight-overflow") == []
        [(severity, line, message)] = told(text, "fp16-weight-overflow", profile="fp16")
        assert (severity, line) == ("error", 2)
        assert "they are 16-bit floats where it will run (fp16)" in message

    def test_masks(self) -> None:
        text = "g (float16[2,2] x) => (float16[2,2] y) <float m = {-1e9}> { h = Cast <to = 10> (m) a = Add(x, h) y = Softmax(a) }"
        assert told(text, "fp16-weight-overflow") == []


class TestScale:
    TEXT = (
        "g (float[2,4] x) => (float[2,4] y) <float[4] s = {SCALES}, uint8[4] z = {0, 0, 0, 0}> {\n"
        "q = QuantizeLinear <axis = 1> (x, s, z)\nh = DequantizeLinear <axis = 1> (q, s, z) y = Sin(h) }"
    )

    def test_zero(self) -> None:
        found = told(self.TEXT.replace("SCALES", "1, 0, 2, 3"), "zero-scale")
        assert [(severity, line) for severity, line, _ in found] == [("error", 2), ("error", 3)]
        assert found[0][2] == (
            "the scale `s` of QuantizeLinear `q` is 0 in some places: what is divided by it is infinite or NaN, and what is "
            "multiplied with it is lost"
        )

    def test_negative(self) -> None:
        found = told(self.TEXT.replace("SCALES", "1, -0.5, 2, 3"), "zero-scale")
        assert [severity for severity, _, _ in found] == ["warning", "warning"]
        assert told(self.TEXT.replace("SCALES", "1, 0.5, 2, 3"), "zero-scale") == []
