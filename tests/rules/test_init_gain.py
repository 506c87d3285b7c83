"""`init-gain-too-large`: what it says, and what makes it silent."""

from __future__ import annotations

import netlint
from netlint.finding import Finding
from tests.loaders.tensorflow.graphs import (
    FLOAT,
    INT64,
    constant,
    node,
    normal,
    placeholder,
    variable,
)


def found(text: str, **options: str) -> list[Finding]:
    report = netlint.lint(text, filename="graph.pbtxt", select=["init-gain-too-large"], **options)  # type: ignore[arg-type]
    return report.findings


def network(first: str, second: str, between: str = "", tail: str = "scores") -> str:
    """1000 inputs, 100 hidden units, 10 classes; `first` and `second` draw the weights `a` and `b`."""
    return (
        placeholder("x", -1, 1000)
        + placeholder("y", -1, dtype=INT64)
        + first
        + second
        + variable("w1", 1000, 100, start="a")
        + variable("w2", 100, 10, start="b")
        + node("fc1", "MatMul", "x", "w1/read")
        + (between or node("relu", "Relu", "fc1", T=FLOAT))
        + node("scores", "MatMul", "relu", "w2/read")
        + node("ce", "SparseSoftmaxCrossEntropyWithLogits", tail, "y", T=FLOAT, Tlabels=INT64)
    )


WIDE = normal("a", 1000, 100, stddev=1.0, op="RandomStandardNormal")
FAIR = normal("b", 100, 10, stddev=0.1, op="RandomStandardNormal")


def test_a_deviation_of_one_is_told_at_its_number() -> None:
    text = network(WIDE, FAIR)
    (one,) = found(text)
    assert one.severity == "warning"
    assert "float_val: 1.0" in text.splitlines()[one.line - 1]
    assert one.message == (
        "MatMul `fc1` adds up 1,000 inputs with weights of size 1, so its outputs start 32 times as large as its inputs: "
        "SparseSoftmaxCrossEntropyWithLogits `ce` begins with scores of about 22 for inputs of size 1, far beyond the "
        "few units that it has a useful slope for"
    )
    assert one.fix is not None
    assert "a standard deviation of 0.045 before ReLU" in one.fix.title
    assert [related.node for related in one.related] == ["ce"]


def test_a_truncated_normal_is_smaller_than_its_deviation_says() -> None:
    wide = normal("a", 1000, 100, stddev=2.0)
    (one,) = found(network(wide, FAIR))
    assert "weights of size 1.8, so its outputs start 56 times as large" in one.message


def test_a_uniform_range_counts_by_its_mean_square() -> None:
    drawn = (
        constant("a/shape", 1000, 100)
        + constant("a/min", -2.0, dims=())
        + constant("a/max", 2.0, dims=())
        + node("a/RandomUniform", "RandomUniform", "a/shape", dtype=FLOAT)
        + node("a/sub", "Sub", "a/max", "a/min", T=FLOAT)
        + node("a/mul", "Mul", "a/RandomUniform", "a/sub", T=FLOAT)
        + node("a", "AddV2", "a/mul", "a/min", T=FLOAT)
    )
    (one,) = found(network(drawn, FAIR))
    assert "weights of size 1.2, so its outputs start 37 times" in one.message


def test_weights_further_up_that_make_up_for_it_are_fine() -> None:
    assert found(network(WIDE, normal("b", 100, 10, stddev=0.01))) == []


def test_a_normaliser_between_makes_up_for_it() -> None:
    statistics = "".join(variable(name, 100) for name in ("gamma", "beta", "mean", "variance"))
    between = (
        statistics
        + node(
            "bn", "FusedBatchNormV3", "fc1", "gamma/read", "beta/read", "mean/read", "variance/read",
            is_training="b: true",
        )
        + node("relu", "Relu", "bn", T=FLOAT)
    )  # fmt: skip
    assert found(network(WIDE, FAIR, between)) == []


def test_an_activation_with_bounds_and_unknown_operators_end_what_is_known() -> None:
    assert found(network(WIDE, FAIR, node("relu", "Tanh", "fc1", T=FLOAT))) == []
    assert found(network(WIDE, FAIR, node("relu", "SomethingOfTheirOwn", "fc1", T=FLOAT))) == []


def test_training_from_stored_weights_is_fine() -> None:
    assert found(network(WIDE, FAIR), weights="pretrained") == []
    assert len(found(network(WIDE, FAIR), weights="scratch")) == 1


def test_a_softmax_before_the_loss_counts_as_what_reads_the_scores() -> None:
    text = network(WIDE, FAIR, tail="p") + node("p", "Softmax", "scores", T=FLOAT)
    (one,) = found(text)
    assert "Softmax `p` begins with scores of about 22" in one.message
