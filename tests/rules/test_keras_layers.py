"""Layers of Keras models that do not fit each other, and the traps that the rules must not fall into."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rules.keras_text import Layer, findings, image, losing, rules, told

X, PICTURE = image(20), image(32, 32, 3)
HEAD: Layer = ("Dense", {"units": 10, "activation": "softmax"})
ANSWER: Layer = ("Dense", {"units": 1, "activation": "sigmoid"})
POOL: Layer = ("GlobalAveragePooling2D", {})
LOSS, BINARY = "categorical_crossentropy", "binary_crossentropy"


def conv(filters: int, **config: object) -> Layer:
    return ("Conv2D", {"filters": filters, "kernel_size": [3, 3], "activation": "relu", **config})


def dense(units: int, activation: str = "relu", **config: object) -> Layer:
    return ("Dense", {"units": units, "activation": activation, **config})


class TestRecurrent:
    def test_relu_inside(self) -> None:
        assert told([image(10, 4), ("LSTM", {"units": 8, "activation": "relu"}), dense(1, "linear")], "rnn-relu", "mse") == [
            (
                "warning", 3,
                "LSTM `l1` makes its state with relu instead of tanh: nothing bounds what is added up step by step, so states and "
                "gradients explode on long sequences, and the fast GPU kernel cannot be used",
            )
        ]  # fmt: skip

    def test_open_gates(self) -> None:
        gru: Layer = ("GRU", {"units": 8, "recurrent_activation": "relu"})
        ((_, _, message),) = told([image(10, 4), gru, dense(1, "linear")], "rnn-relu", "mse")
        assert message.startswith("GRU `l1` opens and closes its gates with relu")

    @pytest.mark.parametrize(
        "layer",
        [
            ("SimpleRNN", {"units": 8, "activation": "relu"}),
            ("LSTM", {"units": 8, "activation": "softsign", "recurrent_activation": "hard_sigmoid"}),
            ("GRU", {"units": 8}),
        ],
    )
    def test_bounded_or_a_recipe(self, layer: Layer) -> None:
        assert rules([image(10, 4), layer, dense(1, "linear")], "mse") == set()

    @pytest.mark.parametrize("between", [[], [("Dropout", {"rate": 0.2})], [("BatchNormalization", {})], [dense(8)]])
    def test_a_vector_into_a_sequence(self, between: list[Layer]) -> None:
        layers = [image(10, 4), ("LSTM", {"units": 8}), *between, ("LSTM", {"units": 8}), HEAD]
        found = findings(layers, LOSS)
        assert [(one.rule, one.severity, one.line) for one in found] == [("stacked-rnn-without-sequences", "error", 3)]

    def test_both_ways(self) -> None:
        ways: Layer = ("Bidirectional", {"layer": {"class_name": "LSTM", "config": {"units": 8, "name": "q"}}})
        assert rules([image(10, 4), ways, ("LSTM", {"units": 8}), HEAD], LOSS) == {"stacked-rnn-without-sequences"}

    def test_repeated_for_a_decoder(self) -> None:
        repeat: Layer = ("RepeatVector", {"n": 4})
        decoder: Layer = ("LSTM", {"units": 8, "return_sequences": True})
        assert rules([image(10, 4), ("LSTM", {"units": 8}), repeat, decoder, HEAD], LOSS) == set()


class TestMasks:
    TABLE: Layer = ("Embedding", {"input_dim": 1000, "output_dim": 16, "mask_zero": True})
    WINDOW: Layer = ("Conv1D", {"filters": 8, "kernel_size": [3], "activation": "relu"})

    def test_lost(self) -> None:
        assert told([image(50), self.TABLE, self.WINDOW, ("LSTM", {"units": 8}), ANSWER], "mask-lost", BINARY) == [
            (
                "warning", 4,
                "Conv1D `l2` knows no masks, so the padding that Embedding `l1` marks reaches LSTM `l3` as if it were data: short "
                "sequences end in steps of nothing",
            )
        ]  # fmt: skip

    def test_masking_layer(self) -> None:
        layers = [image(50, 4), ("Masking", {"mask_value": 0.0}), self.WINDOW, ("GRU", {"units": 8}), ANSWER]
        assert rules(layers, BINARY) == {"mask-lost"}

    def test_kept_unused_or_absent(self) -> None:
        lstm: Layer = ("LSTM", {"units": 8})
        assert rules([image(50), self.TABLE, ("SpatialDropout1D", {"rate": 0.2}), lstm, ANSWER], BINARY) == set()
        assert rules([image(50), self.TABLE, self.WINDOW, ("GlobalMaxPooling1D", {}), ANSWER], BINARY) == set()
        plain: Layer = ("Embedding", {"input_dim": 1000, "output_dim": 16})
        assert rules([image(50), plain, self.WINDOW, lstm, ANSWER], BINARY) == set()

    @pytest.mark.parametrize(
        "before", [("Rescaling", {"scale": 0.01}), dense(50), ("BatchNormalization", {}), ("Softmax", {})]
    )
    def test_fractions_are_no_indices(self, before: Layer) -> None:
        layers = [image(50), before, self.TABLE, ("LSTM", {"units": 8}), ANSWER]
        ((severity, line, message),) = told(layers, "embedding-of-floats", BINARY)
        assert (severity, line) == ("error", 4)
        assert message.startswith("Embedding `l2` looks up rows by number, but ")

    def test_lookups_give_indices(self) -> None:
        bins: Layer = ("Discretization", {"bin_boundaries": [0.0, 1.0]})
        assert rules([image(1), bins, self.TABLE, ("Flatten", {}), ANSWER], BINARY) == set()

    def test_fewer_rows_than_words(self) -> None:
        def net(rows: int) -> list[Layer]:
            lookup: Layer = ("IntegerLookup", {"vocabulary": [11, 12, 13, 14]})
            table: Layer = ("Embedding", {"input_dim": rows, "output_dim": 8})
            return [image(20), lookup, table, ("LSTM", {"units": 8}), ANSWER]

        assert told(net(4), "embedding-rows", BINARY) == [
            (
                "error", 4,
                "Embedding `l2` has 4 rows, but IntegerLookup `l1` gives indices up to 4, those for unknown words included: the last "
                "ones are beyond the table",
            )
        ]  # fmt: skip
        assert rules(net(5), BINARY) == set()


class TestAxes:
    def test_rows_instead_of_channels(self) -> None:
        assert told([PICTURE, conv(8), ("BatchNormalization", {"axis": 1}), POOL, HEAD], "batchnorm-wrong-axis", LOSS) == [
            (
                "error", 4,
                "BatchNormalization `l2` normalises along axis 1 of batchx30x30x8, but the channels of Conv2D `l1` stand on axis 3: "
                "every row gets a scale of its own, and the 8 filters are mixed in one statistic",
            )
        ]  # fmt: skip

    def test_channels_first(self) -> None:
        first = {"data_format": "channels_first"}
        layers = [image(3, 32, 32), conv(8, **first), ("BatchNormalization", {"axis": 1}), (POOL[0], first), HEAD]
        assert rules(layers, LOSS) == set()
        layers[2] = ("BatchNormalization", {})
        assert rules(layers, LOSS) == {"batchnorm-wrong-axis"}

    def test_steps_of_a_sequence(self) -> None:
        window: Layer = ("Conv1D", {"filters": 8, "kernel_size": [3], "activation": "relu"})
        layers = [image(50, 4), window, ("BatchNormalization", {"axis": 1}), ("GlobalMaxPooling1D", {}), HEAD]
        assert [severity for severity, _, _ in told(layers, "batchnorm-wrong-axis", LOSS)] == ["warning"]

    def test_an_image_the_wrong_way_round(self) -> None:
        ((severity, line, message),) = told(
            [image(3, 64, 64), conv(8, padding="same"), POOL, HEAD], "layout-mismatch", LOSS
        )
        assert (severity, line) == ("warning", 3)
        assert message == (
            "Conv2D `l1` reads batchx3x64x64 as an image of 64 channels and 3x64 pixels, but this looks like 3 colours and 64x64 "
            "pixels: the axes are the other way round"
        )

    @pytest.mark.parametrize("shape", [(64, 64, 3), (1, 64, 64), (3, 64, 32), (8, 8, 3)])
    def test_other_images(self, shape: tuple[int, ...]) -> None:
        assert "layout-mismatch" not in rules([image(*shape), conv(8, padding="same"), POOL, HEAD], LOSS)


class TestFlatten:
    def test_a_head_on_a_map(self) -> None:
        layers = [PICTURE, conv(8, strides=[2, 2]), dense(64), HEAD]
        ((severity, line, message),) = told(layers, "dense-on-feature-map", LOSS)
        assert (severity, line) == ("warning", 5)
        assert "gets an answer for each of its positions, batchx15x15x10" in message
        assert rules(layers, LOSS) == {"dense-on-feature-map"}

    def test_a_map_as_large_as_its_image(self) -> None:
        assert rules([PICTURE, conv(8, padding="same"), HEAD], "sparse_categorical_crossentropy") == set()

    @pytest.mark.parametrize("shape", [(28, 28), (28, 28, 1), (32, 32, 3)])
    def test_images_without_flatten(self, shape: tuple[int, ...]) -> None:
        found = told([image(*shape), dense(64), HEAD], "missing-flatten", "sparse_categorical_crossentropy")
        assert [(severity, line) for severity, line, _ in found] == [("warning", 3)]

    @pytest.mark.parametrize("shape", [(100, 12), (None, 28), (28, 28, 100)])
    def test_sequences_and_spectra(self, shape: tuple[int | None, ...]) -> None:
        assert rules([image(*shape), dense(64), HEAD], "sparse_categorical_crossentropy") == set()

    def test_flattened(self) -> None:
        assert rules([image(28, 28), ("Flatten", {}), dense(64), HEAD], LOSS) == set()


class TestScale:
    def test_twice(self) -> None:
        once: Layer = ("Rescaling", {"scale": 1 / 255})
        layers = [image(64, 64, 3), once, ("RandomFlip", {}), once, conv(8), POOL, HEAD]
        ((severity, line, message),) = told(layers, "double-rescaling", LOSS)
        assert (severity, line) == ("warning", 5)
        assert message.startswith("Rescaling `l3` scales by 0.00392 what Rescaling `l1` has scaled by 0.00392 already")

    def test_down_and_up(self) -> None:
        layers = [
            image(64, 64, 3),
            ("Rescaling", {"scale": 1 / 255}),
            ("Rescaling", {"scale": 2.0, "offset": -1.0}),
            conv(8),
            POOL,
            HEAD,
        ]
        assert rules(layers, LOSS) == set()


class TestNormalisers:
    def test_dropout_before(self) -> None:
        drop: Layer = ("Dropout", {"rate": 0.5})
        layers = [
            X,
            dense(64),
            drop,
            dense(64, "linear", use_bias=False),
            ("BatchNormalization", {}),
            ("ReLU", {}),
            HEAD,
        ]
        assert [severity for severity, _, _ in told(layers, "dropout-before-batchnorm", LOSS)] == ["info"]
        assert (
            rules([X, dense(64), ("Dropout", {"rate": 0.5}), dense(64), ("BatchNormalization", {}), HEAD], LOSS)
            == set()
        )

    def test_twice(self) -> None:
        norm: Layer = ("BatchNormalization", {})
        assert rules([X, dense(64), norm, norm, HEAD], LOSS) == {"double-normalisation"}
        assert rules([X, dense(64), norm, ("ReLU", {}), norm, HEAD], LOSS) == set()


class TestStart:
    def test_weights_of_one_sign(self) -> None:
        start = losing("RandomUniform", minval=0.0, maxval=1.0)
        assert told([X, dense(64, kernel_initializer=start), HEAD], "positive-only-init", LOSS) == [
            (
                "warning", 3,
                "the weights of Dense `l1` start around 0.5 instead of 0: each unit adds up its 20 inputs, so all of them start with "
                "nearly the same value, about 10 times that of an input",
            )
        ]  # fmt: skip

    @pytest.mark.parametrize(
        "config",
        [
            {"kernel_initializer": losing("RandomUniform", minval=-0.05, maxval=0.05)},
            {"kernel_initializer": losing("RandomNormal", mean=0.01, stddev=0.05)},
            {
                "kernel_initializer": losing("RandomUniform", minval=0.0, maxval=1.0),
                "kernel_constraint": losing("NonNeg"),
            },
            {"kernel_initializer": losing("RandomUniform", minval=0.0, maxval=1.0), "trainable": False},
        ],
    )
    def test_weights_of_both_signs_or_on_purpose(self, config: dict[str, Any]) -> None:
        assert "positive-only-init" not in rules([X, dense(64, **config), HEAD], LOSS)

    def test_mean_and_scale_are_told_once(self) -> None:
        start = losing("RandomNormal", mean=1.0, stddev=0.01)
        assert rules([image(500), dense(64, kernel_initializer=start), HEAD], LOSS) == {"positive-only-init"}

    def test_code_of_the_users_own(self) -> None:
        start = {"class_name": "NearOne", "config": {}, "registered_name": "own>NearOne"}
        layers = [X, dense(64, kernel_initializer=start), dense(64, kernel_initializer=start), HEAD]
        assert told(layers, "opaque-initializer", LOSS) == [
            (
                "info", 3,
                "the weight of Dense `l1` starts as NearOne says, which is code outside of the file: nothing can be said of the "
                "signal behind it",
            )
        ]  # fmt: skip

    def test_names_that_count_their_version(self) -> None:
        start = losing("GlorotUniformV2", seed=None, dtype="float32")
        assert rules([X, dense(64, kernel_initializer=start), HEAD], LOSS) == set()

    def test_selu(self) -> None:
        def net(start: str, drop: str) -> list[Layer]:
            hidden = [dense(64, "selu", kernel_initializer=start) for _ in range(3)]
            return [X, *hidden, (drop, {"rate": 0.1}), HEAD]

        assert [line for _, line, _ in told(net("he_normal", "Dropout"), "selu-recipe", LOSS)] == [3, 6]
        assert rules(net("lecun_normal", "AlphaDropout"), LOSS) == set()
        assert rules([X, dense(64, "selu", kernel_initializer="he_normal"), HEAD], LOSS) == set()

    def test_nothing_nonlinear(self) -> None:
        found = told([X, dense(64, "linear"), HEAD], "missing-activation", LOSS)
        assert [(severity, line) for severity, line, _ in found] == [("warning", 4)]
        assert rules([X, dense(8, "linear"), dense(20, "linear")], "mse") == set(), "a bottleneck is a design"
