"""What one layer means, and what is wrong with it by itself."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from netlint.loaders.caffe.forks import Dialect
from netlint.loaders.caffe.layer import Layer, LayerType, Translation
from netlint.loaders.caffe.layer_checks import own_problems
from netlint.loaders.caffe.layers import LAYER_TYPES, layer_type_of
from netlint.loaders.caffe.phases import include_phases
from netlint.loaders.caffe.schema import schema
from netlint.loaders.text_format import Field
from netlint.model import Problem, Span


def doubted(layer: Layer, doubtful: Sequence[int]) -> bool:
    first = bisect_left(doubtful, layer.block_span.start)
    return first < len(doubtful) and doubtful[first] < layer.block_span.end


def opaque(layer: Layer) -> Translation:
    """A layer of which nothing is known: it may be a loss, a data layer or anything else."""
    return Translation("Input" if not layer.bottoms else f"caffe::{layer.type}")


def translate(layer: Layer, dialect: Dialect) -> Translation:
    """What a layer means, and what is wrong with it by itself. What the file's fork changed is not held against
    it."""
    layer_type = layer_type_of(layer.type)
    if layer_type is None or (layer.type not in LAYER_TYPES and dialect.refuses(layer.type)):
        return opaque(layer)
    translation = layer_type.translate(layer)
    for name in ("loss_weight", "propagate_down"):
        attr = layer.list_attr(name)
        if attr is not None:
            translation.attrs[name] = attr
    phases = include_phases(layer)
    if phases is not None:
        translation.attrs["include"] = phases
    translation.problems = [
        *translation.problems,
        *_counts(layer, layer_type, dialect),
        *_foreign_blocks(layer, layer_type),
        *_too_many_params(layer, translation),
        *own_problems(layer, translation.op),
    ]
    return translation


def _counts(layer: Layer, layer_type: LayerType, dialect: Dialect) -> list[Problem]:
    """Layer::CheckBlobCounts (include/caffe/layer.hpp), in words."""
    problems = []
    for word, given, (least, most), fields in (
        ("bottom", len(layer.bottoms), layer_type.bottoms, layer.bottoms),
        ("top", len(layer.tops), layer_type.tops, layer.tops),
    ):
        if given >= least and (most is None or given <= most):
            continue
        if dialect.takes(f"{layer.type}.{word}:{given}"):
            continue
        if most is None:
            wanted = f"at least {least}"
        else:
            wanted = str(least) if least == most else f"{least} to {most}"
        surplus = fields[most] if most is not None and given > most else None
        problems.append(
            Problem(
                "bottom-count",
                f"{layer.label} takes {wanted} `{word}`, but has {given}: Caffe stops here",
                surplus.span if surplus else layer.type_span,
                remedy=_count_remedy(layer, word, given, least),
            )
        )
    if layer_type.paired and len(layer.tops) != len(layer.bottoms) and layer.bottoms and layer.tops:
        problems.append(
            Problem(
                "bottom-count",
                f"{layer.label} makes one top of each bottom, but has {len(layer.bottoms)} bottoms and "
                f"{len(layer.tops)} tops",
                layer.type_span,
                remedy="give as many tops as bottoms",
            )
        )
    return problems


def _count_remedy(layer: Layer, word: str, given: int, least: int) -> str:
    if word == "bottom" and given == 1 and least == 2 and (layer.type == "Accuracy" or "Loss" in layer.type):
        return "add the labels as a second `bottom`"
    return f"{'add' if given < least else 'remove'} a `{word}`"


def _foreign_blocks(layer: Layer, layer_type: LayerType) -> list[Problem]:
    problems = []
    for name, items in layer.message.by_name.items():
        # What a fork added to a layer type that BVLC has too is the fork's affair.
        if name.endswith("_param") and name not in layer_type.blocks and name in schema()[layer.schema_name]:
            readers = sorted(kind for kind, other in LAYER_TYPES.items() if name in other.blocks)
            owner = f" (only {' and '.join(readers)} can)" if 0 < len(readers) < 4 else ""
            wanted = next(iter(layer_type.blocks), "")
            problems.append(
                Problem(
                    "param-not-for-type",
                    f"{layer.label} cannot read `{name}`{owner}: its settings have no effect",
                    Span(layer.source, items[0].name_start, items[0].name_start + len(name)),
                    related=((layer.type_span, "the layer's type"),),
                    remedy=f"write `{wanted}`, or correct the type" if wanted else "remove it, or correct the type",
                    meant=wanted if wanted and _fits(layer, items, wanted) else "",
                    severity="info" if _left_over(layer, name) else None,
                )
            )
    return problems


def _fits(layer: Layer, given: Sequence[Field], wanted: str) -> bool:
    """Whether a block's settings are all such that the wanted block, which the layer does not have, has them too."""
    kind = schema()[layer.schema_name].get(wanted)
    message = given[0].message
    if kind is None or message is None or len(given) > 1 or wanted in layer.message.by_name:
        return False
    return all(field.name in schema()[kind.type] for field in message.fields)


def _left_over(layer: Layer, name: str) -> bool:
    """What its author copied from the loss that stood here while the net was trained."""
    return name == "loss_param" and any(
        f"{layer.type}{ending}" in LAYER_TYPES for ending in ("WithLoss", "CrossEntropyLoss")
    )


def _too_many_params(layer: Layer, translation: Translation) -> list[Problem]:
    have = len(translation.params)
    if len(layer.specs) <= have or translation.op in ("caffe::Python", "Input"):
        return []
    word = "param" if layer.schema_name == "LayerParameter" else "blobs_lr"
    return [
        Problem(
            "too-many-params",
            f"{layer.label} has {len(layer.specs)} `{word}` but only {have} learned "
            f'{"blob" if have == 1 else "blobs"}: Caffe stops with "Too many params specified"',
            layer.specs[have].span,
            remedy=f"remove the surplus `{word}`" + (", or give the layer its bias back" if have == 1 else ""),
        )
    ]
