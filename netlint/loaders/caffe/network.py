"""Nets as Caffe would build them: one model a phase."""

from __future__ import annotations

from collections.abc import Sequence

from netlint.loaders.caffe.checks import losses_only_tested, phase_rules, phase_twins, unknown_types
from netlint.loaders.caffe.layer import Block
from netlint.loaders.caffe.layers import LAYER_TYPES
from netlint.loaders.caffe.phases import PHASES, included
from netlint.loaders.caffe.schema import forks
from netlint.loaders.caffe.text_format import Message
from netlint.loaders.caffe.translate import doubted, opaque, translate
from netlint.loaders.caffe.upgrade import layers_of
from netlint.loaders.caffe.wiring import wire
from netlint.loaders.options import LoadOptions
from netlint.model import Model, Source, Training


def build_models(
    source: Source,
    net: Message,
    options: LoadOptions,
    training: Training,
    phases: Sequence[str] = PHASES,
    doubtful: Sequence[int] = (),
) -> list[Model]:
    """One model for each phase that the net is meant for: one in which some layer produces data.

    A net without any producer is a fragment: its open bottoms are inputs of unknown shape. `doubtful` are the sorted
    offsets of fields that netlint does not know and that shape a layer: nothing is concluded from the layers around.
    """
    layers, problems = layers_of(source, net)
    foreign = {layer.type for layer in layers if layer.type not in LAYER_TYPES}
    evident = [fork for fork in forks() if foreign & fork.types] if foreign else []
    translated = [(layer, opaque(layer) if doubted(layer, doubtful) else translate(layer, evident)) for layer in layers]
    for layer, translation in translated:
        problems += translation.problems
        problems += phase_rules(layer)
    problems += unknown_types(layers)
    problems += phase_twins(layers)
    names = net.by_name.get("name")
    title = str(names[0].value) if names else ""
    state = Block(source, "state", "NetState", next(iter(net.by_name.get("state", [])), None))
    by_phase = {phase: [entry for entry in translated if included(entry[0], phase, state)] for phase in phases}
    fed = {phase: any(not layer.bottoms for layer, _ in chosen) for phase, chosen in by_phase.items()}
    fragment = not any(fed.values())
    if all(fed.get(phase) for phase in PHASES):
        problems += losses_only_tested(by_phase["TRAIN"], by_phase["TEST"])
    models = []
    for phase, chosen in by_phase.items():
        if fed[phase] or fragment:
            model = Model(title, "caffe", source, phase, training=training, problems=list(problems))
            wire(model, chosen, layers, options.input_shapes, fragment=fragment)
            models.append(model)
    return models or [Model(title, "caffe", source, training=training, problems=problems)]
