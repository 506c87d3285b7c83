"""Rules about models that are shipped: what they find, and the traps that they must not fall into."""

from __future__ import annotations

import pytest

from tests.rules.onnx_text import HEAD, told

_NORM = "<float[2] s = {1, 2}, float[2] b = {1, 2}, float[2] m = {1, 2}, float[2] v = {1, 2}>"


class TestBatchNorm:
    def test_training_mode(self) -> None:
        text = (
            f"g (float[1,2,2] x) => (float[1,2,2] y) {_NORM} {{\n"
            "a, p, q = BatchNormalization <training_mode = 1> (x, s, b, m, v) y = Sin(a) }"
        )
        [(severity, line, message)] = told(text, "batchnorm-training-in-deploy")
        assert (severity, line) == ("error", 2)
        assert message.startswith(
            "BatchNormalization `a` has `training_mode` 1: it normalises with the mean and variance of"
        )

    def test_outputs_of_older_opsets(self) -> None:
        text = (
            f"g (float[1,2,2] x) => (float[1,2,2] y) {_NORM} {{\n"
            "a, p, q = BatchNormalization(x, s, b, m, v) y = Sin(a) }"
        )
        head = '<ir_version: 6, opset_import: ["": 9]>\n'
        [(_, _, message)] = told(text, "batchnorm-training-in-deploy", head=head)
        assert message.startswith("BatchNormalization `a` has 3 outputs, which in this opset means training mode")

    @pytest.mark.parametrize(
        "nodes",
        [
            "y, p, q = BatchNormalization <training_mode = 1> (x, s, b, m, v)",
            "a = BatchNormalization(x, s, b, m, v) y = Sin(a)",
            "a, p, q = BatchNormalization <training_mode = 1> (x, s, b, m, v) k = Sin(a) y = Sin(x)",
        ],
        ids=["a test of the operator", "evaluation", "dead"],
    )
    def test_silent(self, nodes: str) -> None:
        assert (
            told(f"g (float[1,2,2] x) => (float[1,2,2] y) {_NORM} {{ {nodes} }}", "batchnorm-training-in-deploy") == []
        )

    def test_a_model_with_a_loss_is_trained(self) -> None:
        text = (
            f"g (float[1,2,2] x, float[1,2] w, int64[1,2] t) => (float l) {_NORM} {{ "
            "a, p, q = BatchNormalization <training_mode = 1> (x, s, b, m, v) l = SoftmaxCrossEntropyLoss(a, t) }"
        )
        assert told(text, "batchnorm-training-in-deploy") == []


class TestDropout:
    def test_training_mode(self) -> None:
        text = (
            "g (float[1,2] x) => (float[1,2] y) {\nt = Constant <value = bool {1}> ()\na = Dropout(x, , t) y = Sin(a) }"
        )
        assert told(text, "dropout-training-in-deploy") == [
            (
                "warning", 3,
                "Dropout `a` is in training mode: it drops at random in every run, so that the same input gives another answer "
                "each time",
            )
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "stored",
        ["float r = {0}, bool t = {1}", "float r = {0.5}, bool t = {0}"],
        ids=["drops nothing", "evaluation"],
    )
    def test_silent(self, stored: str) -> None:
        text = f"g (float[1,2] x) => (float[1,2] y) <{stored}> {{ a = Dropout(x, r, t) y = Sin(a) }}"
        assert told(text, "dropout-training-in-deploy") == []

    def test_the_caller_decides(self) -> None:
        text = "g (float[1,2] x, bool t) => (float[1,2] y) { a = Dropout(x, , t) y = Sin(a) }"
        assert told(text, "dropout-training-in-deploy") == []


class TestRandom:
    def test_stochastic_depth_written_out(self) -> None:
        text = (
            "g (float[N,2] x, float[N,2] z) => (float[N,2] y) <int64[1] one = {1}, float k = {0.8}> {\n"
            "n = Shape <start = 0, end = 1> (x) o = ConstantOfShape(n)\n"
            "u = RandomUniformLike(o)\n"
            "a = Add(u, k) f = Floor(a) d = Div(x, k) q = Unsqueeze(f, one) r = Mul(d, q) y = Add(r, z) }"
        )
        assert told(text, "random-op-in-deploy") == [
            (
                "warning", 3,
                "RandomUniformLike `u` makes a random mask that Mul `r` multiplies the signal with: dropout or stochastic "
                "depth, written out and left in, so that the same input gives another answer each time",
            )
        ]  # fmt: skip

    def test_a_sampler_is_meant_so(self) -> None:
        text = (
            "g (float[1,2] m, float[1,2] s) => (float[1,2] y) { e = RandomNormalLike(m) a = Mul(e, s) y = Add(a, m) }"
        )
        assert told(text, "random-op-in-deploy") == [
            (
                "info", 1,
                "outputs of the model depend on RandomNormalLike `e`: the same input gives another answer each time",
            )
        ]  # fmt: skip
        assert told(text.replace("RandomNormalLike", "RandomNormalLike <seed = 3.0>"), "random-op-in-deploy") == []


class TestDoubles:
    def test_a_constant_pulls_the_graph_along(self) -> None:
        text = (
            "g (float[2,2] x) => (float[2,2] y) <double k = {0.5}> {\n"
            "d = Cast <to = 11> (x) e = Mul(d, k) f = Cast <to = 1> (e) y = Sin(f) }"
        )
        assert told(text, "float64-tensor") == [
            (
                "warning", 2,
                "Cast `d` brings double precision into a model of single precision: 2 nodes compute in float64 until Cast `f`, "
                "slower and on many runtimes without an implementation",
            )
        ]  # fmt: skip

    def test_somebody_wanted_the_precision(self) -> None:
        text = (
            "g (float[2,2] x) => (float[2,2] y) { d = Cast <to = 11> (x) e = Exp(d) f = Cast <to = 1> (e) y = Sin(f) }"
        )
        assert [severity for severity, _, _ in told(text, "float64-tensor")] == ["info"]

    @pytest.mark.parametrize(
        "text",
        [
            "g (double[2] x) => (double[2] y) <double[2] k = {1, 2}> { a = Mul(x, k) y = Sin(a) }",
            "g (float[N,2] x) => (float[2] y) <double h = {0.5}> "
            "{ s = Shape(x) d = Cast <to = 11> (s) m = Mul(d, h) y = Cast <to = 1> (m) }",
            "g (float[2] x) => (double[2] y) <double[2] k = {1, 2}> { d = Cast <to = 11> (x) y = Mul(d, k) }",
        ],
        ids=["throughout", "a size", "as a result"],
    )
    def test_silent(self, text: str) -> None:
        assert told(text, "float64-tensor") == []


class TestLongIntegers:
    def test_cast(self) -> None:
        text = "g (int32[2] x) => (int32[2] y) <\nint64[1] k = {-3000000000}\n> { c = Cast <to = 6> (k) y = Add(x, c) }"
        assert told(text, "int64-overflow") == [
            (
                "warning", 2,
                "the stored tensor `k` holds -3000000000, beyond the range of int32, and Cast `c` cuts it to 32 bits, where it "
                "is another number",
            )
        ]  # fmt: skip

    def test_profile(self) -> None:
        added = "g (int64[2] x) => (int64[2] y) <int64[1] k = {9000000000}> { y = Add(x, k) }"
        end = "g (float[8] x) => (float[?] y) <int64[1] s = {1}, int64[1] e = {9223372036854775807}> { y = Slice(x, s, e) }"
        assert told(added, "int64-overflow") == []
        assert len(told(added, "int64-overflow", profile="int32")) == 1
        assert told(end, "int64-overflow", profile="int32") == []


class TestProfile:
    def test_operators_types_and_open_shapes(self) -> None:
        text = "g (float[N,2] x,\n double[2] z) => (int64[2,?] y, double[2] u) {\ny = NonZero(x) u = Neg(z) }"
        found = told(text, "unsupported-by-profile", profile="mobile")
        assert [(severity, line, message.partition(",")[0]) for severity, line, message in found] == [
            ("warning", 1, "the input `x` has the open shape Nx2"),
            ("warning", 2, "`z` (and 1 more) is float64"),
            (
                "warning", 3,
                "NonZero `y`: the operator has no implementation there (phones: ONNX Runtime with NNAPI or CoreML)",
            ),
        ]  # fmt: skip
        assert told(text, "unsupported-by-profile") == []

    def test_opset(self) -> None:
        text = "g (float[2] x) => (float[2] y) { y = Relu(x) }"
        head = '<ir_version: 13, opset_import: ["": 26]>\n'
        [(_, _, message)] = told(text, "unsupported-by-profile", head=head, profile="tensorrt")
        assert (
            message == "the model is written for opset 26, and NVIDIA TensorRT through its ONNX parser reads 24 at most"
        )
        assert told(text, "unsupported-by-profile", head=HEAD, profile="tensorrt") == []


class TestBakedIn:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                "g (float[N,S,8] x) => (float[?,?,?,?] y) <int64[1] one = {1}, int64[2] e = {2, 4}> {\n"
                "s = Shape <start = 1, end = 2> (x) t = Concat <axis = 0> (one, s, e) y = Reshape(x, t) }",
                "Reshape `y` reshapes NxSx8 to 1xSx2x4, which only fits where `N` is 1",
            ),
            (
                "g (float[N,4] x) => (float[?,?] y) <int64[2] t = {3, 8}> {\ny = Reshape(x, t) }",
                "Reshape `y` reshapes Nx4 to 3x8, which only fits where `N` is 6",
            ),
            (
                "g (float[N,4,2] x) => (float[?,5,2] y) <float[1,1,2] p = {1, 2}, int64[3] s = {8, 1, 2}> {\n"
                "c = Expand(p, s) y = Concat <axis = 1> (c, x) }",
                "Concat `y` joins the constant `c` (8x1x2) with Nx4x2, which only fits where `N` is 8",
            ),
            (
                "g (float[N,S,2] x) => (float[N,?,2] y) <float[1,4,2] p = {1, 2, 3, 4, 5, 6, 7, 8}> {\ny = Add(x, p) }",
                "Add `y` joins the constant `p` (1x4x2) with NxSx2, which only fits where `S` is 4 or 1",
            ),
            (
                "g (float[S,N,3] x, float[1,16,3] w, float[1,16,4] r) => (float[?,?,?,?] y) <float[1,1,4] h = {0, 0, 0, 0}> {\n"
                "y = LSTM <hidden_size = 4> (x, w, r, , , h) }",
                "LSTM `y` starts from the constant state `h` (1x1x4), which only fits where `N` is 1",
            ),
            (
                "g (float[N,4] x) => (float[?,4] y) <int64[2] t = {3, 4}> {\ny = Expand(x, t) }",
                "Expand `y` expands Nx4 to 3x4, which only fits where `N` is 3 or 1",
            ),
        ],
    )  # fmt: skip
    def test_found(self, text: str, said: str) -> None:
        assert told(text, "batch-baked-in") == [("warning", 2, f"{said}, though the model declares it as open")]

    @pytest.mark.parametrize(
        "text",
        [
            "g (float[N,S,8] x) => (float[?,?,?,?] y) <int64[4] t = {0, 0, 2, 4}> { y = Reshape(x, t) }",
            "g (float[N,4,8] x) => (float[?,?] y) <int64[2] t = {-1, 8}> { y = Reshape(x, t) }",
            "g (float[3,4] x) => (float[?,?] y) <int64[2] t = {1, 12}> { y = Reshape(x, t) }",
            "g (float[N,S,2] x) => (float[N,S,2] y) <float[2] b = {1, 2}> { y = Add(x, b) }",
            "g (float[N,4,2] x) => (float[N,5,2] y) <float[1,1,2] p = {1, 2}, int64[2] e = {1, 2}> "
            "{ n = Shape <start = 0, end = 1> (x) s = Concat <axis = 0> (n, e) c = Expand(p, s) y = Concat <axis = 1> (c, x) }",
            "g (float[N,4] x) => (float[?,4] y) <float[1,4] r = {1, 2, 3, 4}> { y = Concat <axis = 0> (x, r) }",
        ],
        ids=["copied", "computed", "fixed", "by channel", "expanded", "along the open axis"],
    )
    def test_silent(self, text: str) -> None:
        assert told(text, "batch-baked-in") == []


class TestMixedBatch:
    @pytest.mark.parametrize(
        ("target", "said"),
        [
            ("-1, 24", "a sample has 16 elements and a row 24, so samples run into each other"),
            ("1, -1", "all samples are laid out in one row"),
        ],
    )
    def test_found(self, target: str, said: str) -> None:
        text = f"g (float[N,4,2,2] x) => (float[?,?] y) <int64[2] t = {{{target}}}> {{\nh = Sin(x) y = Reshape(h, t) }}"
        [(severity, line, message)] = told(text, "reshape-mixes-batch")
        assert (severity, line) == ("warning", 2)
        assert message.endswith(f"and nothing below it restores the batch `N`: {said}")

    @pytest.mark.parametrize(
        ("shape", "nodes"),
        [
            ("N,4,8,8", "a = Reshape(x, u) b = Sin(a) y = Reshape(b, v)"),
            ("N,4,8", "y = Reshape(x, tokens)"),
            ("N,8", "y = Reshape(x, frames)"),
            ("points,8", "y = Reshape(x, row)"),
            ("N,8", "y = Reshape(x, inserted)"),
        ],
        ids=["undone", "tokens", "whole samples", "no batch", "an axis more"],
    )
    def test_silent(self, shape: str, nodes: str) -> None:
        stored = (
            "int64[4] u = {1, -1, 8, 8}, int64[4] v = {-1, 4, 8, 8}, int64[2] tokens = {-1, 8}, int64[3] frames = {-1, 2, 8}, "
            "int64[2] row = {1, -1}, int64[3] inserted = {1, -1, 8}"
        )
        assert told(f"g (float[{shape}] x) => (float y) <{stored}> {{ {nodes} }}", "reshape-mixes-batch") == []
