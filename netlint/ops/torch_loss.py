"""PyTorch's other losses (`torch.nn`), each under its own name."""

from __future__ import annotations

from netlint.model import UNKNOWN, Node, Shape, Unknown
from netlint.ops.arithmetic import undetermined
from netlint.ops.broadcast import wider
from netlint.ops.loss import class_loss, element_loss
from netlint.ops.operator import Arrived, Loss, Operator, Outcome, Report


def _kept(node: Node) -> bool | None:
    """Whether there is a loss for each element; None where that is not known."""
    reduction = node.get("reduction", "mean")
    return None if isinstance(reduction, Unknown) else reduction == "none"


def broadcast_loss(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A scalar, or a loss for each element of what prediction and target broadcast to."""
    kept = _kept(node)
    if kept is None:
        return undetermined(node)
    result: Shape = ()
    if kept:
        one, other = (inputs[0], inputs[1]) if len(inputs) > 1 else (UNKNOWN, UNKNOWN)
        known = isinstance(one, tuple) and isinstance(other, tuple)
        result = (wider(one, other) or UNKNOWN) if known else UNKNOWN  # type: ignore[arg-type]
    return Outcome((result,) * len(node.outputs))


def item_loss(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A scalar; how a loss for each item is shaped differs from loss to loss."""
    kept = _kept(node)
    return undetermined(node) if kept is None or kept else Outcome(((),) * len(node.outputs))


def soft_class_loss(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A scalar, or a loss for each position; the targets are probabilities of the classes on axis 1."""
    kept, shape = _kept(node), inputs[0] if inputs else UNKNOWN
    if kept is None or (kept and (isinstance(shape, Unknown) or len(shape) < 2)):
        return undetermined(node)
    result: Shape = (shape[0], *shape[2:]) if kept and isinstance(shape, tuple) else ()
    return Outcome((result,) * len(node.outputs))


_VALUES = Loss(expects="values", targets="other")

OPERATORS = (
    Operator("NLLLoss", class_loss, kind="loss", loss=Loss(expects="values", targets="classes")),
    Operator("BCELoss", element_loss, kind="loss", loss=Loss(expects="probabilities")),
    Operator("HuberLoss", broadcast_loss, kind="loss", loss=Loss(expects="values", regression=True)),
    Operator("KLDivLoss", broadcast_loss, kind="loss", loss=Loss(expects="values")),
    Operator("PoissonNLLLoss", broadcast_loss, kind="loss", loss=Loss(expects="values", regression=True)),
    Operator("SoftMarginLoss", broadcast_loss, kind="loss", loss=_VALUES),
    Operator("HingeEmbeddingLoss", broadcast_loss, kind="loss", loss=_VALUES),
    Operator("MultiMarginLoss", item_loss, kind="loss", loss=Loss(expects="values", targets="classes")),
    Operator("torch::SoftCrossEntropyLoss", soft_class_loss, kind="loss", loss=Loss("logits", applies="softmax")),
    *(
        Operator(name, item_loss, kind="loss", loss=_VALUES)
        for name in ("MultiLabelMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss", "CTCLoss")
    ),
)
