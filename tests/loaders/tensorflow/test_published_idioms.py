"""What published TensorFlow graphs hold that looks like a mistake and is none."""

from __future__ import annotations

from tests.loaders.tensorflow.graphs import FLOAT, constant, convolution, node, placeholder, told


def test_stored_statistics_of_vectors_in_the_middle_axis() -> None:
    """Batch normalisation of (N, C, L) with constants of (1, C, 1): nothing subtracts its own mean."""
    stored = "".join(constant(name, 0.5, dims=(1, 5, 1)) for name in ("mean", "variance", "gamma", "beta"))
    text = (
        placeholder("x", 4, 5, 1)
        + stored
        + constant("epsilon", 0.001, dims=())
        + node("add", "AddV2", "variance", "epsilon", T=FLOAT)
        + node("rsqrt", "Rsqrt", "add", T=FLOAT)
        + node("mul", "Mul", "rsqrt", "gamma", T=FLOAT)
        + node("mul_1", "Mul", "x", "mul", T=FLOAT)
        + node("mul_2", "Mul", "mean", "mul", T=FLOAT)
        + node("sub", "Sub", "beta", "mul_2", T=FLOAT)
        + node("y", "AddV2", "mul_1", "sub", T=FLOAT)
    )
    assert [one for one in told(text) if one[0] == "norm-on-single-element"] == []


def test_a_weight_that_a_layer_took_over_is_read() -> None:
    """The input of a frozen graph may be a constant, too."""
    text = (
        constant("x", 0.5, dims=(1, 5, 5, 2))
        + constant("kernel", 0.5, dims=(2, 2, 2, 2))
        + node("kernel/read", "Identity", "kernel", T=FLOAT)
        + convolution("y", "x", "kernel/read", padding="VALID")
    )
    assert [one for one in told(text) if one[0] == "unused-parameter"] == []
