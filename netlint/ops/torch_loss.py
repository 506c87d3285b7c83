"""PyTorch's other losses (`torch.nn`), each under its own name."""

from __future__ import annotations

from netlint.model import Node, Unknown
from netlint.ops.arithmetic import undetermined
from netlint.ops.loss import broadcast, class_loss
from netlint.ops.operator import Arrived, Loss, Operator, Outcome, Report


def _kept(node: Node) -> bool | None:
    """Whether there is a loss for each element; None where that is not known."""
    reduction = node.get("reduction", "mean")
    return None if isinstance(reduction, Unknown) else reduction == "none"


def pairs_loss(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A scalar, or a loss for each element of what prediction and target broadcast to."""
    kept = _kept(node)
    if kept is None:
        return undetermined(node)
    return broadcast(node, inputs) if kept else Outcome(((),) * len(node.outputs))


def item_loss(node: Node, inputs: Arrived, _report: Report) -> Outcome:
    """A scalar; how a loss for each item is shaped differs from loss to loss."""
    kept = _kept(node)
    return undetermined(node) if kept is None or kept else Outcome(((),) * len(node.outputs))


def class_loss_and_weight(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """As `NLLLoss`, and the sum of the labels' weights (nll_loss_forward)."""
    loss = class_loss(node, inputs, report)
    return loss._replace(outputs=(loss.outputs[0], ())[: len(node.outputs)])


_VALUES = Loss(expects="values", targets="other")

OPERATORS = (
    Operator("NLLLoss", class_loss, kind="loss", loss=Loss(expects="values", targets="classes")),
    Operator(
        "aten::nll_loss_forward",
        class_loss_and_weight,
        kind="loss",
        loss=Loss(expects="values", targets="classes"),
    ),
    Operator("KLDivLoss", pairs_loss, kind="loss", loss=Loss(expects="values")),
    Operator("PoissonNLLLoss", pairs_loss, kind="loss", loss=Loss(expects="values", regression=True)),
    Operator("SoftMarginLoss", pairs_loss, kind="loss", loss=_VALUES),
    Operator("HingeEmbeddingLoss", pairs_loss, kind="loss", loss=_VALUES),
    Operator("MultiMarginLoss", item_loss, kind="loss", loss=Loss(expects="values", targets="classes")),
    *(
        Operator(name, item_loss, kind="loss", loss=_VALUES)
        for name in ("MultiLabelMarginLoss", "CosineEmbeddingLoss", "MarginRankingLoss", "TripletMarginLoss", "CTCLoss")
    ),
)
