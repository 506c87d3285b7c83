"""Losses and metrics of Keras that have no name elsewhere, or that want something else than their namesakes."""

from __future__ import annotations

from typing import Final

from netlint.model import UNKNOWN, Node
from netlint.ops.operator import Arrived, Loss, Operator, Outcome, Report


def scalar(node: Node, _inputs: Arrived, _report: Report) -> Outcome:
    """One number."""
    return Outcome(((),) * len(node.outputs), (UNKNOWN,) * len(node.params))


def _loss(name: str, loss: Loss) -> Operator:
    return Operator(name, scalar, kind="loss", in_place="corrupts", loss=loss)


_VALUES: Final = Loss(expects="values", regression=True)
_MARGIN: Final = Loss(expects="values")
_PROBABILITIES: Final = Loss(expects="probabilities")

#: The metrics of keras.metrics.
METRICS: Final = (
    *("AUC", "Accuracy", "BinaryAccuracy", "BinaryCrossentropy", "BinaryIoU", "CategoricalAccuracy"),
    *("CategoricalCrossentropy", "CategoricalHinge", "ConcordanceCorrelation", "CosineSimilarity", "F1Score"),
    *("FBetaScore", "FalseNegatives", "FalsePositives", "Hinge", "IoU", "KLDivergence", "LogCoshError", "Mean"),
    *("MeanAbsoluteError", "MeanAbsolutePercentageError", "MeanIoU", "MeanSquaredError"),
    *("MeanSquaredLogarithmicError", "OneHotIoU", "OneHotMeanIoU", "PearsonCorrelation", "Poisson", "Precision"),
    *("PrecisionAtRecall", "R2Score", "Recall", "RecallAtPrecision", "RootMeanSquaredError"),
    *("SensitivityAtSpecificity", "SparseCategoricalAccuracy", "SparseCategoricalCrossentropy"),
    *("SparseTopKCategoricalAccuracy", "SpecificityAtSensitivity", "SquaredHinge", "Sum", "TopKCategoricalAccuracy"),
    *("TrueNegatives", "TruePositives", "CustomMetric"),
)

OPERATORS = (
    _loss("keras::CategoricalCrossentropy", _PROBABILITIES),
    _loss("keras::SparseCategoricalCrossentropy", Loss(expects="probabilities", targets="classes")),
    _loss("keras::BinaryFocalCrossentropy", _PROBABILITIES),
    _loss("keras::CategoricalFocalCrossentropy", _PROBABILITIES),
    _loss("keras::CategoricalGeneralizedCrossEntropy", Loss(expects="probabilities", targets="classes")),
    _loss("keras::KLDivergence", _PROBABILITIES),
    _loss("keras::Dice", _PROBABILITIES),
    _loss("keras::Tversky", _PROBABILITIES),
    _loss("keras::Poisson", _VALUES),
    _loss("keras::LogCosh", _VALUES),
    _loss("keras::MeanAbsolutePercentageError", _VALUES),
    _loss("keras::MeanSquaredLogarithmicError", _VALUES),
    _loss("keras::CosineSimilarity", _MARGIN),
    _loss("keras::Hinge", _MARGIN),
    _loss("keras::SquaredHinge", _MARGIN),
    _loss("keras::CategoricalHinge", _MARGIN),
    _loss("keras::Circle", Loss(expects="values", targets="classes")),
    _loss("keras::CTC", Loss(expects="values", targets="other")),
    # A function of the user's own: it trains, and nothing else is known of it.
    _loss("keras::CustomLoss", Loss(expects="values", targets="other")),
    *(Operator(f"keras::metrics::{name}", scalar, kind="metric", differentiable=False) for name in METRICS),
)
