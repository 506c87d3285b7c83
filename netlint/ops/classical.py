"""Classical machine learning: the operators of `ai.onnx.ml`."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, plus, spell
from netlint.ops.activation import same
from netlint.ops.arithmetic import called, differ, refused, undetermined
from netlint.ops.operator import Arrived, Operator, Outcome, Report
from netlint.ops.sequence import opaque

_PREFIX = "ai.onnx.ml::"


def scaled(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Same shape; `offset`, `scale` and imputed values are one for all, or one a feature of the last axis."""
    shape = inputs[0] if inputs else UNKNOWN
    features = shape[-1] if isinstance(shape, tuple) and shape else UNKNOWN
    for name in ("offset", "scale", "imputed_value_floats", "imputed_value_int64s"):
        values = node.get(name, ())
        if isinstance(values, tuple) and len(values) > 1 and differ(len(values), features):
            return refused(
                node,
                inputs,
                report,
                "dense-input-mismatch",
                f"{node.label} has {len(values)} numbers for `{name}`, but its input {spell(shape)} has {features} "
                "features",
                at=node.place(name),
                remedy=f"give `{name}` {features} numbers, or a single one",
            )
    return Outcome((shape,) * len(node.outputs))


def _rows(shape: Shape) -> Dim:
    """Samples stand along the first axis; a vector is one sample."""
    if isinstance(shape, Unknown) or not shape:
        return UNKNOWN
    return shape[0] if len(shape) > 1 else 1


def _labels(node: Node) -> Dim:
    for name in ("classlabels_ints", "classlabels_strings", "classlabels_int64s"):
        values = node.get(name, ())
        if isinstance(values, Unknown):
            return UNKNOWN
        if isinstance(values, tuple) and values:
            return len(values)
    return UNKNOWN


def classified(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, F) -> labels (N,), scores (N, classes)`."""
    rows, classes = _rows(inputs[0] if inputs else UNKNOWN), _labels(node)
    # With two classes some writers give a single score.
    scores: Dim = classes if isinstance(classes, int) and classes > 2 else UNKNOWN
    return Outcome(((rows,), (rows, scores))[: len(node.outputs)])


def regressed(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, F) -> (N, targets)`."""
    targets = node.get("n_targets", node.get("targets", 1))
    columns: Dim = targets if isinstance(targets, int) else UNKNOWN
    return Outcome(((_rows(inputs[0] if inputs else UNKNOWN), columns),) * len(node.outputs))


def picked(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(..., F), (K,) -> (..., K)`: features by index; a vector becomes a row (ArrayFeatureExtractor)."""
    shape, indices = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
    if isinstance(shape, Unknown) or not shape:
        return undetermined(node)
    count = indices[-1] if isinstance(indices, tuple) and indices else UNKNOWN
    return Outcome((((1,) if len(shape) == 1 else shape[:-1]) + (count,),) * len(node.outputs))


def lined_up(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(N, a), (N, b), ... -> (N, a + b + ...)` (FeatureVectorizer)."""
    total: Dim = 0
    sizes = node.get("inputdimensions", ())
    rows: Dim = UNKNOWN
    for shape in inputs:
        if isinstance(shape, tuple) and shape and not isinstance(rows, int):
            rows = _rows(shape)
        total = plus(total, shape[-1] if isinstance(shape, tuple) and shape else UNKNOWN)
    if isinstance(sizes, tuple) and sizes and not isinstance(total, int):
        total = sum(size for size in sizes if isinstance(size, int))
        total = total if all(isinstance(size, int) for size in sizes) else UNKNOWN
    return Outcome(((rows, total),) * len(node.outputs))


def encoded(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """`(d...) -> (d..., categories)` (OneHotEncoder)."""
    shape = inputs[0] if inputs else UNKNOWN
    count: Dim = UNKNOWN
    for name in ("cats_int64s", "cats_strings"):
        values = node.get(name, ())
        if isinstance(values, tuple) and values:
            count = len(values)
    return Outcome((UNKNOWN if isinstance(shape, Unknown) else (*shape, count),) * len(node.outputs))


def weighted(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """As many coefficients as targets times features."""
    shape, coefficients = inputs[0] if inputs else UNKNOWN, node.get("coefficients", ())
    targets = node.get("targets", 1)
    features = shape[-1] if isinstance(shape, tuple) and shape else UNKNOWN
    if isinstance(coefficients, tuple) and coefficients and isinstance(targets, int) and targets > 0:
        needed = features * targets if isinstance(features, int) else UNKNOWN
        if differ(len(coefficients), needed):
            return refused(
                node,
                inputs,
                report,
                "dense-input-mismatch",
                f"{node.label} has {len(coefficients)} coefficients for {targets} targets, but {called(node, 0)} "
                f"{spell(shape)} has {features} features",
                at=node.place("coefficients"),
                remedy="give one coefficient for each target and feature",
            )
    return regressed(node, inputs, report)


OPERATORS = (
    *(Operator(_PREFIX + name, scaled, kind="affine", linear=True) for name in ("Scaler", "Imputer")),
    Operator(_PREFIX + "Normalizer", same, kind="normalisation"),
    Operator(_PREFIX + "Binarizer", same, differentiable=False),
    *(Operator(_PREFIX + name, same, differentiable=False) for name in ("LabelEncoder", "CategoryMapper")),
    Operator(_PREFIX + "OneHotEncoder", encoded, differentiable=False),
    Operator(_PREFIX + "ArrayFeatureExtractor", picked, kind="layout", transparent=True, linear=True),
    Operator(_PREFIX + "FeatureVectorizer", lined_up, kind="merge", linear=True),
    Operator(_PREFIX + "LinearRegressor", weighted),
    *(
        Operator(_PREFIX + name, regressed, differentiable=False)
        for name in ("SVMRegressor", "TreeEnsembleRegressor", "TreeEnsemble")
    ),
    *(
        Operator(_PREFIX + name, classified, differentiable=False)
        for name in ("LinearClassifier", "SVMClassifier", "TreeEnsembleClassifier")
    ),
    *(Operator(_PREFIX + name, opaque, differentiable=False) for name in ("CastMap", "DictVectorizer", "ZipMap")),
)
