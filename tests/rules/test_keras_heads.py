"""Heads, losses and metrics of Keras models: what is told of each pair, and which pairs are right."""

from __future__ import annotations

import pytest

from netlint import lint
from tests.rules.keras_text import Layer, findings, image, losing, rules, text, told

X = image(20)
HIDDEN: Layer = ("Dense", {"units": 64, "activation": "relu"})


def head(units: int, activation: str = "linear") -> list[Layer]:
    return [X, HIDDEN, ("Dense", {"units": units, "activation": activation})]


SOFTMAX, SIGMOID = head(10, "softmax"), head(1, "sigmoid")
CATEGORICAL = losing("CategoricalCrossentropy", from_logits=True)
SPARSE = losing("SparseCategoricalCrossentropy", from_logits=True)
BINARY = losing("BinaryCrossentropy", from_logits=True)


class TestTable:
    """Units, last activation and loss."""

    @pytest.mark.parametrize(
        ("layers", "loss"),
        [
            (SOFTMAX, "categorical_crossentropy"),
            (SOFTMAX, "sparse_categorical_crossentropy"),
            (SOFTMAX, losing("CategoricalCrossentropy", from_logits=False, label_smoothing=0.1)),
            (SOFTMAX, "kl_divergence"),
            (SOFTMAX, losing("CategoricalFocalCrossentropy", from_logits=False)),
            (SIGMOID, "binary_crossentropy"),
            (head(10, "sigmoid"), "binary_crossentropy"),
            (head(1, "hard_sigmoid"), "binary_crossentropy"),
            (head(1), BINARY),
            (head(10), CATEGORICAL),
            (head(10), SPARSE),
            (head(10), losing("BinaryFocalCrossentropy", from_logits=True)),
            (head(10, "softplus"), "categorical_crossentropy"),
            (head(10, "exponential"), "categorical_crossentropy"),
            (head(1), "mse"),
            (head(1), "huber"),
            (head(1, "tanh"), "hinge"),
            (head(8), losing("CosineSimilarity")),
        ],
    )
    def test_right_pairs_are_silent(self, layers: list[Layer], loss: object) -> None:
        assert rules(layers, loss, ["accuracy"] if loss is not BINARY else None) == set()

    @pytest.mark.parametrize(
        ("layers", "loss", "rule", "severity", "line"),
        [
            (head(10), "categorical_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(10), "sparse_categorical_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(10, "relu"), "sparse_categorical_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(10, "relu6"), "categorical_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(10, "tanh"), "categorical_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(10, "log_softmax"), "categorical_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(1), "binary_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(1, "relu"), "binary_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(1, "tanh"), "binary_crossentropy", "logits-to-probability-loss", "error", 4),
            (head(10), "kl_divergence", "logits-to-probability-loss", "error", 4),
            (head(1, "softmax"), "binary_crossentropy", "one-unit-classifier", "error", 4),
            (head(1, "softmax"), "categorical_crossentropy", "one-unit-classifier", "error", 4),
            (head(1, "sigmoid"), "categorical_crossentropy", "one-unit-classifier", "error", 4),
            (head(1), "sparse_categorical_crossentropy", "one-unit-classifier", "error", 4),
            (head(1), SPARSE, "one-unit-classifier", "error", 4),
            (head(10, "sigmoid"), "categorical_crossentropy", "sigmoid-with-softmax-loss", "warning", 4),
            (head(10, "sigmoid"), "sparse_categorical_crossentropy", "sigmoid-with-softmax-loss", "warning", 4),
            (head(10, "sigmoid"), CATEGORICAL, "sigmoid-with-softmax-loss", "warning", 4),
            (head(10, "tanh"), CATEGORICAL, "sigmoid-with-softmax-loss", "warning", 4),
            (SOFTMAX, "binary_crossentropy", "softmax-with-binary-loss", "warning", 6),
            (SOFTMAX, BINARY, "softmax-with-binary-loss", "warning", 6),
            (head(2, "softmax"), "binary_crossentropy", "softmax-with-binary-loss", "info", 6),
            (SOFTMAX, CATEGORICAL, "double-softmax", "warning", 6),
            (SOFTMAX, SPARSE, "double-softmax", "warning", 6),
            (SIGMOID, BINARY, "double-sigmoid", "warning", 6),
            (head(10, "relu"), CATEGORICAL, "relu-before-loss", "warning", 4),
            (head(1, "relu"), BINARY, "relu-before-loss", "warning", 4),
            (SOFTMAX, "mse", "softmax-into-regression-loss", "warning", 6),
            (SIGMOID, "mse", "bounded-output-range", "info", 4),
            (head(1, "tanh"), "mae", "bounded-output-range", "info", 4),
        ],
    )
    def test_each_mistake_is_told_once(
        self, layers: list[Layer], loss: object, rule: str, severity: str, line: int
    ) -> None:
        assert [(one.rule, one.severity, one.line) for one in findings(layers, loss)] == [(rule, severity, line)]


class TestMessages:
    def test_linear_scores(self) -> None:
        assert told(head(10), "logits-to-probability-loss", "categorical_crossentropy") == [
            (
                "error", 4,
                "Dense `l2` gives numbers of any size, but categorical_crossentropy `loss` takes them for probabilities: it divides "
                "them by their sum or cuts them off at 0 and 1 before it takes logarithms: what is not between gets no gradient, "
                "and training stalls or turns to NaN",
            )
        ]  # fmt: skip

    def test_the_remedy_names_the_argument(self) -> None:
        (found,) = findings(head(1), "binary_crossentropy")
        assert found.fix is not None
        assert found.fix.title == (
            'compile with `from_logits=True` and a linear last layer, or end it with `activation="sigmoid"`'
        )

    def test_tensorflow_takes_the_first_softmax_back(self) -> None:
        ((_, _, message),) = told(SOFTMAX, "double-softmax", CATEGORICAL)
        assert "unless Keras runs on TensorFlow and takes the first one back" in message

    def test_behind_dropout_it_does_not(self) -> None:
        ((severity, _, message),) = told([*SOFTMAX, ("Reshape", {"target_shape": [10]})], "double-softmax", CATEGORICAL)
        assert severity == "error"
        assert "TensorFlow" not in message

    def test_the_finding_stands_at_the_activation(self) -> None:
        (found,) = findings(head(10, "sigmoid"), "categorical_crossentropy")
        assert found.span is not None
        assert found.span.source.text[found.span.start : found.span.end] == '"sigmoid"'


class TestDepth:
    """What stands between the head and the loss."""

    @pytest.mark.parametrize(
        "last",
        [("Dropout", {"rate": 0.0}), ("Reshape", {"target_shape": [10]}), ("Activation", {"activation": "linear"})],
    )
    def test_steps_that_only_hand_on(self, last: Layer) -> None:
        assert "logits-to-probability-loss" in rules([*head(10), last], "categorical_crossentropy")
        assert "logits-to-probability-loss" not in rules([*SOFTMAX, last], "categorical_crossentropy")

    def test_means_of_probabilities(self) -> None:
        conv: Layer = ("Conv2D", {"filters": 10, "kernel_size": [1, 1], "activation": "softmax"})
        pool: Layer = ("GlobalAveragePooling2D", {})
        assert rules([image(8, 8, 3), conv, pool], "categorical_crossentropy") == set()
        bare: Layer = ("Conv2D", {"filters": 10, "kernel_size": [1, 1]})
        assert rules([image(8, 8, 3), bare, pool], "categorical_crossentropy") == {"logits-to-probability-loss"}

    def test_constrained_weights_may_mix_probabilities(self) -> None:
        mix: Layer = ("Dense", {"units": 10, "kernel_constraint": losing("NonNeg")})
        assert "logits-to-probability-loss" not in rules([*SOFTMAX, mix], "categorical_crossentropy")

    def test_unknown_layers_are_not_judged(self) -> None:
        own: Layer = ("MyScores", {"units": 10})
        assert "logits-to-probability-loss" not in rules([X, HIDDEN, own], "categorical_crossentropy")


class TestMetrics:
    def test_forms_of_labels(self) -> None:
        metrics = ["sparse_categorical_accuracy", "binary_accuracy", "categorical_accuracy"]
        assert told(SOFTMAX, "metric-label-mismatch", "categorical_crossentropy", metrics) == [
            (
                "warning", 7,
                "sparse_categorical_accuracy `sparse_categorical_accuracy` wants class indices, but categorical_crossentropy `loss` "
                "reads the same labels as one-hot vectors: one of the two is wrong",
            ),
            (
                "warning", 8,
                "binary_accuracy `binary_accuracy` judges each of 10 scores by itself, but categorical_crossentropy `loss` trains "
                "one answer among them: it starts at about 90% before anything is learned",
            ),
        ]  # fmt: skip
        found = told(SOFTMAX, "metric-label-mismatch", "sparse_categorical_crossentropy", metrics)
        assert [line for _, line, _ in found] == [8, 9]

    def test_two_classes_count_alike(self) -> None:
        assert rules(head(2, "softmax"), "categorical_crossentropy", ["binary_accuracy"]) == set()

    def test_thresholds_on_scores(self) -> None:
        metrics = [
            "accuracy",
            losing("BinaryAccuracy", threshold=0.5),
            losing("BinaryAccuracy", threshold=0.0),
            losing("AUC", from_logits=False),
            losing("AUC", from_logits=True),
            losing("Precision", thresholds=None),
            losing("Precision", thresholds=[0.0]),
            losing("Recall", thresholds=0),
        ]
        found = told(head(1), "metric-on-logits", BINARY, metrics)
        assert [(severity, line) for severity, line, _ in found] == [("info", line) for line in (7, 8, 10, 12)]
        assert found[0][2] == (
            "accuracy `accuracy` reads the scores that BinaryCrossentropy `loss` puts a sigmoid on, and says yes from 0.5 on, "
            "which is a probability of 0.62"
        )

    def test_the_best_of_several_scores(self) -> None:
        assert rules(head(10), CATEGORICAL, ["accuracy", losing("TopKCategoricalAccuracy", k=5)]) == set()
        assert rules(head(10), BINARY, ["accuracy"]) == set()

    def test_the_best_of_one_score(self) -> None:
        found = told(head(1), "metric-on-one-channel", "mse", ["categorical_accuracy"])
        assert [(severity, line) for severity, line, _ in found] == [("warning", 7)]

    def test_code_of_the_users_own(self) -> None:
        assert told(head(10), "opaque-loss", "contrastive", [losing("Own")]) == [
            (
                "info", 6,
                "contrastive is no loss of Keras: its code is not in the file, so nothing can be said of how it fits the "
                "outputs, and loading the model needs it under `custom_objects`",
            ),
            (
                "info", 7,
                "Own is no metric of Keras: its code is not in the file, so nothing can be said of how it fits the "
                "outputs, and loading the model needs it under `custom_objects`",
            ),
        ]  # fmt: skip
        assert rules(head(10), "contrastive") == {"opaque-loss"}

    def test_words_that_keras_resolves(self) -> None:
        # Keras 2 writes "accuracy" as the metric that it took before it saw any labels.
        written = {"class_name": "MeanMetricWrapper", "config": {"name": "accuracy", "fn": "categorical_accuracy"}}
        assert rules(SOFTMAX, "sparse_categorical_crossentropy", ["crossentropy", "acc", written]) == set()
        written["config"]["name"] = "top"  # type: ignore[index]
        assert rules(SOFTMAX, "sparse_categorical_crossentropy", [written]) == {"metric-label-mismatch"}

    @pytest.mark.parametrize(
        ("word", "meant"),
        [("categorical_crossentropyy", "categorical_crossentropy"), ("mean_sqared_error", "mean_squared_error")],
    )
    def test_misspelled(self, word: str, meant: str) -> None:
        (found,) = findings(head(10), word)
        assert found.fix is not None
        assert found.fix.title == f"did you mean `{meant}`?"


class TestDropoutOnLogits:
    @pytest.mark.parametrize(
        "behind",
        [
            [("Dense", {"units": 10}), ("Dropout", {"rate": 0.5}), ("Activation", {"activation": "softmax"})],
            [("Dense", {"units": 10, "activation": "softmax"}), ("Dropout", {"rate": 0.5})],
        ],
    )
    def test_found(self, behind: list[Layer]) -> None:
        ((severity, _, message),) = told([X, HIDDEN, *behind], "dropout-on-logits", "categorical_crossentropy")
        assert severity == "warning"
        assert message.startswith("Dropout `l3` drops 50% of what Dense `l2` answers before categorical_crossentropy")

    def test_before_the_last_layer_and_without_a_loss(self) -> None:
        drop: Layer = ("Dropout", {"rate": 0.5})
        assert rules([X, HIDDEN, drop, SOFTMAX[-1]], "categorical_crossentropy") == set()
        assert rules([X, HIDDEN, drop]) == set()
        assert "dropout-on-logits" not in rules([X, HIDDEN, drop], losing("CosineSimilarity"))


class TestFrozen:
    def test_the_head(self) -> None:
        layers = [X, HIDDEN, ("Dense", {"units": 10, "activation": "softmax", "trainable": False})]
        ((severity, line, _),) = told(layers, "head-frozen", "categorical_crossentropy")
        assert (severity, line) == ("warning", 4)

    def test_a_normaliser_from_scratch(self) -> None:
        norm: Layer = ("BatchNormalization", {"trainable": False})
        source = "// netlint: from-scratch\n" + text([X, HIDDEN, norm, SOFTMAX[-1]], "categorical_crossentropy")
        ((rule, severity, line),) = [
            (one.rule, one.severity, one.line) for one in lint(source, filename="net.json").findings
        ]
        assert (rule, severity, line) == ("frozen-batchnorm-from-scratch", "warning", 5)
        assert rules([X, HIDDEN, norm, SOFTMAX[-1]], "categorical_crossentropy") == set()

    def test_random_features_from_scratch(self) -> None:
        frozen: Layer = ("Dense", {"units": 64, "activation": "relu", "trainable": False})
        source = "// netlint: from-scratch\n" + text([X, frozen, HIDDEN, SOFTMAX[-1]], "categorical_crossentropy")
        assert [(one.rule, one.line) for one in lint(source, filename="net.json").findings] == [
            ("frozen-random-layer", 4)
        ]

    def test_features_with_weights_from_elsewhere(self) -> None:
        layers = [X, ("Dense", {"units": 64, "activation": "relu", "trainable": False}), SOFTMAX[-1]]
        assert rules(layers, "categorical_crossentropy") == set()
