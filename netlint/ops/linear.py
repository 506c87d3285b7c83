"""Dense layers and embeddings: `Gemm` and `Embedding`."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.model import UNKNOWN, Dim, Node, Problem, Shape, Unknown, product, spell
from netlint.ops.activation import same
from netlint.ops.arithmetic import axis_of, differ, integer, refused, undetermined
from netlint.ops.matmul import dense
from netlint.ops.operator import Arrived, Operator, Outcome, Report

#: Layers between two dense ones; a chain of more is none that people write.
_MOST_BETWEEN = 32


def gemm(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Flattens from `axis` on: `(d..., features...) -> (d..., out_features)`; weight `(out, in)`, or `(in, out)` when
    `transpose`; bias `(out,)` (BVLC/caffe src/caffe/layers/inner_product_layer.cpp). Without `out_features` it is a
    product of inputs (ONNX Gemm)."""
    if "out_features" not in node.attrs and len(inputs) > 1:
        return dense(node, inputs, report)
    shape = inputs[0] if inputs else UNKNOWN
    outputs = integer(node, "out_features", 0)
    given = _made_for(node)
    if isinstance(shape, Unknown):
        before = _dense_before(node)
        brought = integer(before, "out_features", 0) if before is not None else UNKNOWN
        if before is not None and differ(given, brought):
            message = f"the weight of {node.label} is made for {given} features, but {before.label} brings {brought}"
            remedy = f"give the weight {brought} input features, or let {before.label} make {given}"
            report(
                Problem(
                    "dense-input-mismatch", message, node.inputs[0],
                    related=((before, f"{before.label} gives {brought} features"),), remedy=remedy, node=node,
                )
            )  # fmt: skip
        return undetermined(node)
    axis = axis_of(node, shape, report)
    if axis is None:
        return undetermined(node)
    features = product(shape[axis:])
    if differ(given, features):
        return refused(
            node,
            inputs,
            report,
            "dense-input-mismatch",
            f"the weight of {node.label} is made for {given} features, but its input {spell(shape)} brings {features}",
            remedy=f"give the weight {features} input features, or feed the layer {given}",
        )
    weight = (features, outputs) if node.get("transpose", False) is True else (outputs, features)
    return Outcome(((*shape[:axis], outputs),), (weight, (outputs,))[: len(node.params)])


def _dense_before(node: Node) -> Node | None:
    """The dense layer whose features arrive at a layer on the last axis, where no more than operators that keep every
    shape stand between: the two have to fit whatever the rank, which a saved module does not tell."""
    from netlint.ops import operator

    if node.get("axis", 1) != -1:
        return None
    before = node.inputs[0].value.producer if node.inputs else None
    for _ in range(_MOST_BETWEEN):
        if before is None or operator(before.op).infer is not same:
            break
        before = before.inputs[0].value.producer if before.inputs else None
    found = before is not None and before.op == "Gemm" and before.get("axis", 1) == -1
    return before if found else None


def _made_for(node: Node) -> Dim:
    """How many features the weight takes that the source declares."""
    weight = node.param("weight")
    if weight is None or not isinstance(weight.shape, tuple) or len(weight.shape) != 2:
        return UNKNOWN
    return weight.shape[0 if node.get("transpose", False) is True else 1]


def margin_product(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`features, labels -> (d..., out_features)`: a dense layer of unit weights whose target score is made harder
    (wy1iu/sphereface, margin_inner_product_layer.cpp); a second output holds a single number."""
    scores = gemm(node, inputs, report)
    return Outcome((scores.outputs[0], *(UNKNOWN,) * (len(node.outputs) - 1)), scores.params)


def embedding(node: Node, inputs: Sequence[Shape], _report: Report) -> Outcome:
    """`(d...) -> (d..., features)`; weight `(vocabulary, features)`, bias `(features,)`."""
    shape = inputs[0] if inputs else UNKNOWN
    features, rows = integer(node, "out_features", 0), integer(node, "vocabulary", 0)
    params = ((rows, features), (features,))[: len(node.params)]
    return Outcome((UNKNOWN if isinstance(shape, Unknown) else (*shape, features),), params)


OPERATORS = (
    Operator("caffe::MarginInnerProduct", margin_product, kind="weighted", in_place="corrupts"),
    Operator("Gemm", gemm, kind="weighted", linear=True, in_place="corrupts", roles={1: "weight", 2: "bias"}),
    Operator("Embedding", embedding, kind="weighted", differentiable=False, in_place="corrupts"),
)
