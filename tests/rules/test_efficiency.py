"""Rules about work and bytes that give nothing: what they find, and the traps that they must not fall into."""

from __future__ import annotations

import pytest

from tests.rules.onnx_text import repeated, told, various


class TestDeadNodes:
    def test_a_chain_is_told_at_its_end(self) -> None:
        text = "g (float[2] x) => (float[2] y) {\ny = Relu(x)\na = Exp(x)\nb = Neg(a)\nc = Abs(b) }"
        assert told(text, "dead-node") == [
            (
                "warning", 5,
                "no output of the model depends on Abs `c`, nor on the 2 nodes before it that only it reads: what it computes "
                "(`c`) is thrown away",
            )
        ]  # fmt: skip

    def test_branches_that_share_their_beginning(self) -> None:
        text = "g (float[2] x) => (float[2] y) {\ny = Relu(x)\na = Exp(x)\nb = Neg(a)\nc = Abs(a) }"
        found = told(text, "dead-node")
        assert [line for _, line, _ in found] == [4, 5]

    def test_inside_a_branch(self) -> None:
        text = (
            "g (bool c, float[2] x) => (float[2] y) {\ny = If (c) <then_branch = t () => (float[2] a) {\nd = Neg(x)\n"
            "a = Relu(x) }, else_branch = e () => (float[2] b) { b = Neg(x) }>\n}"
        )
        assert [line for _, line, _ in told(text, "dead-node")] == [3]

    @pytest.mark.parametrize(
        "text",
        [
            "g (float[4] x) => (float[2] y) { y, z = Split <axis = 0> (x) }",
            "g (bool c, float[2] x) => (float[2] y) { d = Neg(x) y = If (c) <then_branch = t () => (float[2] a) "
            "{ a = Relu(d) }, else_branch = e () => (float[2] b) { b = Neg(x) }> }",
            "g (float[2] x) => (float[2] z) { y = Relu(x) }",
        ],
        ids=["a spare output", "read by a branch", "the output is missing"],
    )
    def test_silent(self, text: str) -> None:
        assert told(text, "dead-node") == []

    def test_an_operator_that_nobody_knows_may_do_something(self) -> None:
        head = '<ir_version: 8, opset_import: ["": 17, "com.acme": 1]>\n'
        text = "g (float[2] x) => (float[2] y) { y = Relu(x) a = Neg(x) b = com.acme.Log(a) }"
        assert told(text, "dead-node", head=head) == []

    def test_what_a_function_gives_and_the_call_does_not_take(self) -> None:
        head = '<ir_version: 8, opset_import: ["": 17, "local": 1]>\n'
        function = '<domain: "local", opset_import: ["": 17]>\nf (p) => (q, r) {\nq = Relu(p)\nr = Neg(p) }'
        taken = f"g (float[2] x) => (float[2] y) {{ y = local.f(x) }}\n{function}"
        assert told(taken, "dead-node", head=head) == []
        ignored = f"g (float[2] x) => (float[2] y) {{ y = Abs(x) a, b = local.f(x) }}\n{function}"
        assert [line for _, line, _ in told(ignored, "dead-node", head=head)] == [4, 5]


class TestUnusedParameters:
    def test_the_first_are_named_the_others_summed_up(self) -> None:
        stored = ",\n".join(f"float[4] w{index} = {{1, 2, 3, 4}}" for index in range(8))
        text = f"g (float[4] x) => (float[4] y) <\n{stored}\n> {{ y = Mul(x, w0) }}"
        found = told(text, "unused-parameter")
        assert [line for _, line, _ in found] == [3, 4, 5, 6, 7, 8]
        assert found[0][2] == (
            "nothing reads the stored tensor `w1` (4 float32, 16 bytes): it is dead weight in the file, or the node that used "
            "it was lost"
        )
        assert found[-1][2] == "nothing reads 2 more stored tensors (`w6`, `w7`), 32 bytes in all"

    @pytest.mark.parametrize(
        "text",
        [
            "g (float[4] x) => (float[4] y, float[2] w) <float[2] w = {1, 2}> { y = Relu(x) }",
            "g (bool c, float[2] x) => (float[2] y) <float[2] w = {1, 2}> { y = If (c) <then_branch = t () => (float[2] a) "
            "{ a = Add(x, w) }, else_branch = e () => (float[2] b) { b = Neg(x) }> }",
        ],
        ids=["an output", "read by a branch"],
    )
    def test_silent(self, text: str) -> None:
        assert told(text, "unused-parameter") == []


class TestInputs:
    def test_nobody_reads_it(self) -> None:
        text = "g (float[2] x,\nfloat[2] mask) => (float[2] y) { y = Relu(x) }"
        message = "nothing reads the graph input `mask`: callers must give it, and it changes nothing"
        assert told(text, "input-disconnected") == [("warning", 2, message)]

    def test_handed_on(self) -> None:
        text = "g (float[2] x, float[2] z) => (float[2] y, float[2] z) { y = Relu(x) }"
        assert told(text, "input-disconnected") == []


class TestNoEffect:
    @pytest.mark.parametrize(
        ("node", "why"),
        [
            ("Identity(a)", "it copies its input"),
            ("Dropout(a)", "nothing is dropped outside of training"),
            ("Dropout(a, zero0, yes)", "its ratio is 0"),
            ("Transpose <perm = [0, 1, 2, 3]> (a)", "its `perm` leaves every axis where it is"),
            ("Cast <to = 1> (a)", "its input is float32 already"),
            ("Pad(a, pads)", "it pads by zero elements"),
            ("Reshape(a, same)", "its output has the shape of its input"),
            ("Slice(a, from, to)", "its output has the shape of its input"),
            ("Expand(a, ones)", "its output has the shape of its input"),
            ("MaxPool <kernel_shape = [1, 1]> (a)", "a window of one element that moves by one"),
            ("Concat <axis = 1> (a)", "it has a single input"),
            ("Add(zero0, a)", "the constant `zero0` is 0"),
            ("Sub(a, zero1)", "the constant `zero1` is 0"),
            ("Mul(a, channels)", "the constant `channels` is 1 throughout"),
            ("Div(a, one)", "the constant `one` is 1"),
        ],
    )
    def test_found(self, node: str, why: str) -> None:
        found = told(_chain(node), "noop-layer")
        assert found == [("info", 4, f"{node.partition(' ')[0].partition('(')[0]} `b` has no effect: {why}")]

    @pytest.mark.parametrize(
        "node",
        [
            "Transpose <perm = [0, 1, 3, 2]> (a)",
            "Cast <to = 10> (a)",
            "Slice(a, from, to, first, back)",
            "Sub(zero0, a)",
            "Div(one, a)",
            "MaxPool <kernel_shape = [1, 1], strides = [2, 2]> (a)",
            "Concat <axis = 1> (a, a)",
            "Mul(a, wide)",
        ],
    )
    def test_with_effect(self, node: str) -> None:
        assert told(_chain(node), "noop-layer") == []

    @pytest.mark.parametrize(
        "text",
        [
            "g (float[2] x) => (float[2] y) { y = Identity(x) }",
            "g (float[2] x) => (float[2] y, float[2] z) { y = Relu(x) z = Identity(y) }",
            "g (bool c, float[2] x) => (float[2] y) { h = Neg(x) r = If (c) <then_branch = t () => (float[2] a) "
            "{ a = Identity(h) }, else_branch = e () => (float[2] b) { b = Relu(h) }> y = Sin(r) }",
        ],
        ids=["a single node", "names an output", "the last name of a branch"],
    )
    def test_needed(self, text: str) -> None:
        assert told(text, "noop-layer") == []

    def test_many_are_summed_up(self) -> None:
        nodes = "\n".join(f"a{index + 1} = Identity(a{index})" for index in range(8))
        found = told(f"g (float[2] x) => (float[2] y) {{\na0 = Relu(x)\n{nodes}\ny = Sin(a8) }}", "noop-layer")
        assert len(found) == 6
        assert found[-1][2] == "3 more Identity nodes have no effect, the first of them `a6`"


def _chain(node: str) -> str:
    return (
        "g (float[1,2,4,4] x) => (float y) <float zero0 = {0}, float[1] zero1 = {0}, float[1] one = {1}, bool yes = {1}, "
        f"float[2,1,1] channels = {{1, 1}}, float[3,1,1,1] wide = {repeated('1', 3)}, int64[4] same = {{1, 2, -1, 4}}, "
        f"int64[8] pads = {repeated('0', 8)}, int64[4] from = {repeated('0', 4)}, int64[4] to = {repeated('99', 4)}, "
        f"int64[4] first = {{0, 1, 2, 3}}, int64[4] back = {{1, 1, 1, -1}}, int64[4] ones = {repeated('1', 4)}>\n{{\n"
        f"a = Relu(x)\nb = {node}\ny = ReduceMax <keepdims = 0> (b) }}"
    )


class TestPairs:
    @pytest.mark.parametrize(
        ("nodes", "message"),
        [
            (
                "b = Transpose <perm = [0, 2, 3, 1]> (a)\nc = Transpose <perm = [0, 3, 1, 2]> (b)",
                "Transpose `c` undoes what Transpose `b` does (the axes are where they were): both can go",
            ),
            (
                "b = Cast <to = 11> (a)\nc = Cast <to = 1> (b)",
                "Cast `c` undoes what Cast `b` does (float32 to float64 and back): both can go",
            ),
            (
                "b = Unsqueeze(a, last)\nc = Squeeze(b, fourth)",
                "Squeeze `c` undoes what Unsqueeze `b` does: both can go",
            ),
            (
                "b = Squeeze(a, first)\nc = Unsqueeze(b, first)",
                "Unsqueeze `c` undoes what Squeeze `b` does: both can go",
            ),
            ("b = Neg(a)\nc = Neg(b)", "Neg `c` undoes what Neg `b` does: both can go"),
        ],
    )
    def test_found(self, nodes: str, message: str) -> None:
        assert told(self.text(nodes), "cancelling-pair") == [("info", 4, message)]

    @pytest.mark.parametrize(
        "nodes",
        [
            "b = Transpose <perm = [0, 2, 3, 1]> (a)\nc = Transpose <perm = [0, 2, 3, 1]> (b)",
            "b = Cast <to = 10> (a)\nc = Cast <to = 1> (b)",
            "b = Unsqueeze(a, last)\nc = Squeeze(b, first)",
            "b = Neg(a)\nd = Abs(b)\nc = Neg(d)",
        ],
        ids=["turned twice", "rounded", "other axes", "something between"],
    )
    def test_silent(self, nodes: str) -> None:
        assert told(self.text(nodes), "cancelling-pair") == []

    def test_the_first_has_other_readers(self) -> None:
        text = "g (float[2] x) => (float[2] y, float[2] z) {\nb = Neg(x) c = Neg(b) y = Sin(c) z = Sin(b) }"
        assert told(text, "cancelling-pair") == [("info", 2, "Neg `c` undoes what Neg `b` does: it can go")]

    @staticmethod
    def text(nodes: str) -> str:
        return (
            "g (float[1,2,4,4] x) => (float y) <int64[1] last = {-1}, int64[1] fourth = {4}, int64[1] first = {0}> {\n"
            f"a = Relu(x)\n{nodes}\ny = ReduceMax <keepdims = 0> (c) }}"
        )


class TestLayouts:
    def test_flips(self) -> None:
        there, back = "Transpose <perm = [0, 2, 3, 1]>", "Transpose <perm = [0, 3, 1, 2]>"
        text = (
            f"g (float[1,2,4,4] x) => (float[?,?,?,?] y) {{\na = {there} (x) b = Sin(a) c = {back} (b) d = Neg(c) "
            f"e = {there} (d) f = Sin(e) y = {back} (f) }}"
        )
        [(severity, line, message)] = told(text, "transpose-storm")
        assert (severity, line) == ("info", 2)
        assert message.startswith(
            "4 Transpose nodes flip the layout between channels first and channels last (2 there, 2 back)"
        )
        assert told(text.replace(f"y = {back} (f)", "y = Sin(f)"), "transpose-storm") == []


class TestBatchNorm:
    def test_told_once(self) -> None:
        text = (
            f"g (float[N,2,8,8] x) => (float[?,?,?,?] y) <float[2,2,1,1] v = {various(4)}, float[2,2,1,1] w = {various(4)}, "
            "float[2] s = {1, 2}, float[2] b = {1, 2}, float[2] m = {1, 2}, float[2] u = {1, 2}> {\n"
            "c = Conv(x, v)\nn = BatchNormalization(c, s, b, m, u)\nr = Relu(n) d = Conv(r, w)\n"
            "o = BatchNormalization(d, s, b, m, u) y = Sin(o) }"
        )
        [(severity, line, message)] = told(text, "unfused-batchnorm")
        assert (severity, line) == ("info", 3)
        assert message.startswith("BatchNormalization `n` (and 1 more like it) stands right behind Conv `c`")

    def test_the_map_is_read_elsewhere(self) -> None:
        text = (
            f"g (float[N,2,8,8] x) => (float[?,?,?,?] y, float[?,?,?,?] z) <float[2,2,1,1] v = {various(4)}, "
            "float[2] s = {1, 2}, float[2] b = {1, 2}, float[2] m = {1, 2}, float[2] u = {1, 2}> "
            "{ c = Conv(x, v) n = BatchNormalization(c, s, b, m, u) y = Sin(n) z = Sin(c) }"
        )
        assert told(text, "unfused-batchnorm") == []
