"""What is wrong among the layers of a net: types, phase rules, twins, losses."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final, TypeAlias

from netlint.loaders.caffe.forks import Dialect, knowing
from netlint.loaders.caffe.layer import Layer, Translation
from netlint.loaders.caffe.layers import LAYER_TYPES, layer_type_of
from netlint.loaders.caffe.phases import only_phase
from netlint.model import Problem, Span, surely_meant
from netlint.ops import operator

#: Layers that bring no data of their own.
_MADE_UP: Final = frozenset({"DummyData", "Input", "Parameter"})

Chosen: TypeAlias = Sequence[tuple[Layer, Translation]]


def unknown_types(layers: list[Layer], dialect: Dialect) -> list[Problem]:
    """Each layer type once that netlint knows nothing of, or that the fork named by the user does not have."""
    problems = []
    seen: set[str] = set()
    for layer in layers:
        if layer.type in LAYER_TYPES or layer.type in seen:
            continue
        seen.add(layer.type)
        if layer_type_of(layer.type) is not None and not dialect.refuses(layer.type):
            continue
        if not layer.type:
            message, remedy = f"layer `{layer.name}` has no type: Caffe stops here", 'add `type: "..."`'
            problems.append(Problem("unknown-layer-type", message, layer.span, remedy=remedy, severity="error"))
            continue
        known = knowing("", layer.type)
        close, meant = (
            get_close_matches(layer.type, LAYER_TYPES, n=1, cutoff=0.8),
            surely_meant(layer.type, LAYER_TYPES),
        )
        where = f"known to {', '.join(known)}" if known else "nor has any fork that netlint knows"
        problems.append(
            Problem(
                "unknown-layer-type",
                f"BVLC Caffe has no layer type `{layer.type}`, {where}: nothing is known of the blobs below it",
                layer.type_span,
                remedy=f"did you mean `{close[0]}`?" if close and not known else "",
                meant=f'"{meant}"' if meant and not known and layer.schema_name == "LayerParameter" else "",
            )
        )
    return problems


def phase_rules(layer: Layer) -> list[Problem]:
    include, exclude = layer.message.by_name.get("include"), layer.message.by_name.get("exclude")
    if not include or not exclude:
        return []
    first, second = sorted((include[0], exclude[0]), key=lambda item: item.start)
    return [
        Problem(
            "phase-rule-conflict",
            f"{layer.label} has both `include` and `exclude` rules: Caffe stops here",
            Span(layer.source, second.name_start, second.name_start + len(second.name)),
            related=((Span(layer.source, first.name_start, first.name_start + len(first.name)), "the other rule"),),
            remedy="say it with one kind of rule",
        )
    ]


def phase_twins(layers: list[Layer]) -> list[Problem]:
    """BatchNorm layers that exist once a phase only to say what the phase says anyway."""
    problems = []
    first: dict[str, tuple[Layer, str]] = {}
    for layer in layers:
        phase = only_phase(layer) if layer.type == "BatchNorm" else ""
        if not phase:
            continue
        other, other_phase = first.setdefault(layer.name, (layer, phase))
        if other_phase == phase or not (_follows_phase(layer, phase) and _follows_phase(other, other_phase)):
            continue
        if _wiring_of(layer) != _wiring_of(other):
            continue
        block = layer.block("batch_norm_param")
        given = block.field("use_global_stats")
        problems.append(
            Problem(
                "duplicate-phase-batchnorm",
                f"{layer.label} is written twice, for {other_phase} and for {phase}, only to switch "
                "`use_global_stats`: Caffe does that by itself, true in TEST and false in TRAIN",
                block.span(given) if given is not None else layer.span,
                related=((other.span, f"its twin for {other_phase}"),),
                remedy="keep one layer, without `include` and without `use_global_stats`",
            )
        )
    return problems


def _follows_phase(layer: Layer, phase: str) -> bool:
    """`use_global_stats` is what BatchNorm would choose in this phase (batch_norm_layer.cpp, LayerSetUp)."""
    block = layer.block("batch_norm_param")
    return not block.has("use_global_stats") or block.get("use_global_stats") is (phase == "TEST")


def _wiring_of(layer: Layer) -> tuple[object, ...]:
    """What twins must have in common: their blobs, and how they normalise."""
    block = layer.block("batch_norm_param")
    blobs = ([blob.name for blob in layer.bottoms], [blob.name for blob in layer.tops])
    return (*blobs, block.get("eps"), block.get("moving_average_fraction"))


def losses_only_tested(train: Chosen, test: Chosen) -> list[Problem]:
    """A net with weights and data in TRAIN whose every loss is kept for TEST."""
    trained = any(param.trainable for _, translation in train for param in translation.params)
    tested = [layer for layer, translation in test if operator(translation.op).loss is not None]
    # An unknown layer type may be a loss, and any layer becomes one with a loss_weight.
    if not trained or not tested or any(_may_be_loss(translation) for _, translation in train):
        return []
    return [
        Problem(
            "single-loss-zero-weight",
            f"{tested[0].label} is the net's only loss and lives in TEST: nothing in TRAIN is a loss, so no gradient "
            "is ever computed",
            tested[0].span,
            remedy="let the loss run in TRAIN too: remove its `include { phase: TEST }`",
        )
    ]


def purposeful(chosen: Chosen) -> bool:
    """Something in this phase is learned or measured, and that on data."""
    judged = any(
        operator(translation.op).kind == "metric" or (_may_be_loss(translation) and layer.type != "Python")
        for layer, translation in chosen
    )
    return judged and any(not layer.bottoms and layer.type not in _MADE_UP for layer, _ in chosen)


def _may_be_loss(translation: Translation) -> bool:
    described = operator(translation.op)
    return described.loss is not None or not described.name or "loss_weight" in translation.attrs
