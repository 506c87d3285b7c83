"""Losses, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from netlint.loaders.torch.arguments import Call
from netlint.loaders.torch.aten.made import Made, Translation, attrs, shape_of

_REDUCTIONS: Final = {0: "none", 1: "mean", 2: "sum"}


def _reduction(call: Call) -> str | None:
    number = call.args.get("reduction")
    return _REDUCTIONS.get(number) if isinstance(number, int) else None


def _loss(op: str, *names: str) -> Translation:
    def translate(call: Call) -> Made:
        inputs = tuple(call.value(name) for name in names or ("self", "target"))
        found = {name: attr for name, attr in call.plain().items() if name != "reduction"}
        return Made(op, inputs, {**found, **attrs(reduction=_reduction(call))})

    return translate


def _over_classes(op: str) -> Translation:
    """Labels, or probabilities of the scores' shape; without a batch the only axis is the classes'."""
    plain = _loss(op, "self", "target", "weight")

    def translate(call: Call) -> Made | None:
        scores, target = shape_of(call.value("self")), call.value("target")
        made = plain(call)
        if made is not None and isinstance(scores, tuple):
            if target is not None and target.dtype.startswith(("float", "bfloat")) and target.shape == scores:
                made.attrs.update(attrs(dense_targets=True))
            if len(scores) == 1:
                made.attrs.update(attrs(axis=0))
        return made

    return translate


TRANSLATIONS: Final[Mapping[str, Translation]] = {
    "cross_entropy_loss": _over_classes("CrossEntropyLoss"),
    **dict.fromkeys(("nll_loss", "nll_loss2d", "nll_loss_nd"), _over_classes("NLLLoss")),
    **dict.fromkeys(("nll_loss_forward", "nll_loss2d_forward"), _over_classes("aten::nll_loss_forward")),
    "mse_loss": _loss("MSELoss"),
    "l1_loss": _loss("L1Loss"),
    "smooth_l1_loss": _loss("SmoothL1Loss"),
    "huber_loss": _loss("HuberLoss"),
    "binary_cross_entropy": _loss("BCELoss", "self", "target", "weight"),
    "binary_cross_entropy_with_logits": _loss("BCEWithLogitsLoss", "self", "target", "weight", "pos_weight"),
    "kl_div": _loss("KLDivLoss"),
    "hinge_embedding_loss": _loss("HingeEmbeddingLoss"),
    "soft_margin_loss": _loss("SoftMarginLoss"),
    "poisson_nll_loss": _loss("PoissonNLLLoss", "input", "target"),
    "multi_margin_loss": _loss("MultiMarginLoss", "self", "target", "weight"),
    "multilabel_margin_loss": _loss("MultiLabelMarginLoss"),
    "cosine_embedding_loss": _loss("CosineEmbeddingLoss", "input1", "input2", "target"),
    "margin_ranking_loss": _loss("MarginRankingLoss", "input1", "input2", "target"),
    "triplet_margin_loss": _loss("TripletMarginLoss", "anchor", "positive", "negative"),
    "ctc_loss": _loss("CTCLoss", "log_probs", "targets", "input_lengths", "target_lengths"),
}
