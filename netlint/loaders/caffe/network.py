"""Nets as Caffe would build them: one model a phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from netlint.loaders.caffe.checks import losses_only_tested, phase_rules, phase_twins, purposeful, unknown_types
from netlint.loaders.caffe.forks import Dialect, detect, doubtful
from netlint.loaders.caffe.layer import Block, Layer, Translation
from netlint.loaders.caffe.layers import LAYER_TYPES
from netlint.loaders.caffe.phases import ANY_SOLVER, PHASES, State, included
from netlint.loaders.caffe.schema import Application
from netlint.loaders.caffe.translate import doubted, opaque, translate
from netlint.loaders.caffe.upgrade import layers_of
from netlint.loaders.caffe.wiring import wire
from netlint.loaders.options import LoadOptions
from netlint.loaders.text_format import Message
from netlint.model import Model, Source, Training


def build_models(
    source: Source,
    net: Message,
    options: LoadOptions,
    training: Training,
    states: Sequence[State] = ANY_SOLVER,
    found: Application | None = None,
) -> list[Model]:
    """One model for each state that the net is meant for: one in which some layer produces data, or a solver runs it.

    A net without any producer is a fragment: its open bottoms are inputs of unknown shape. `found` are the words
    of the file that BVLC does not have: they tell the fork, and where nothing is to be concluded from a layer.
    """
    layers, problems = layers_of(source, net)
    found = found or Application()
    dialect = _dialect(source, layers, found, options.caffe_fork)
    doubts = doubtful(found, dialect)
    translated = [(layer, opaque(layer) if doubted(layer, doubts) else translate(layer, dialect)) for layer in layers]
    for layer, translation in translated:
        problems += translation.problems
        problems += phase_rules(layer)
    problems += unknown_types(layers, dialect)
    problems += phase_twins(layers)
    names = net.by_name.get("name")
    title = str(names[0].value) if names else ""
    own = Block(source, "state", "NetState", next(iter(net.by_name.get("state", [])), None))
    states = _of_own_phase(own, states)
    by_state = {state: _chosen(translated, _with(own, state)) for state in states}
    fed = {state: any(not layer.bottoms for layer, _ in chosen) for state, chosen in by_state.items()}
    # A net that a solver names is run as it stands: what it leaves open stays open.
    fragment = not any(fed.values()) and not any(state.settled for state in states)
    in_phase = {state.phase: chosen for state, chosen in reversed(by_state.items()) if fed[state]}
    if all(phase in in_phase for phase in PHASES):
        problems += losses_only_tested(in_phase["TRAIN"], in_phase["TEST"])
    models = []
    for state, chosen in by_state.items():
        if fed[state] or fragment or state.settled:
            model = Model(title, "caffe", source, state.phase, training=training, problems=list(problems))
            model.task, model.variant = options.task, dialect.variant
            wire(model, chosen, layers, options, fragment=fragment, settled=state.settled)
            models.append(model)
    _unmeant_phase(models, in_phase, settled=any(state.settled for state in states))
    return models or [Model(title, "caffe", source, training=training, problems=problems, task=options.task)]


def _unmeant_phase(
    models: Sequence[Model], chosen: Mapping[str, Sequence[tuple[Layer, Translation]]], *, settled: bool
) -> None:
    """Blobs that are missing in one phase only, of a file that nobody says is run in it: where nothing there is learned
    or measured, or where data is made up, it is the other phase that the file is for."""
    open_ends = {model.phase: [one for one in model.problems if one.rule == "unknown-bottom"] for model in models}
    if settled or len(models) != len(PHASES) or all(open_ends.values()):
        return
    for model in models:
        found = open_ends[model.phase]
        if found and not purposeful(chosen.get(model.phase, ())):
            model.problems = [replace(one, severity="info") if one in found else one for one in model.problems]


def _chosen(translated: Sequence[tuple[Layer, Translation]], state: State) -> list[tuple[Layer, Translation]]:
    return [entry for entry in translated if included(entry[0], state)]


def _of_own_phase(own: Block, states: Sequence[State]) -> Sequence[State]:
    """A net that names its phase is built in it: a solver only sets what the net leaves open (Solver::InitTrainNet and
    InitTestNets merge the net's state over their phase)."""
    if not own.has("phase"):
        return states
    phase = str(own.get("phase"))
    return tuple(dict.fromkeys(replace(state, phase=phase) for state in states))


def _with(own: Block, state: State) -> State:
    """The net's own state below the solver's: levels of the solver win, stages add up."""
    merged = State(state.phase).merged(own)
    level = state.level if state.level is not None else merged.level
    return State(state.phase, level, merged.stages | state.stages)


def _dialect(source: Source, layers: Sequence[Layer], found: Application, given: str | None) -> Dialect:
    foreign = {layer.type: layer.type_span for layer in reversed(layers) if layer.type not in LAYER_TYPES}
    dialect = detect(source, found, foreign, given)
    if dialect.forks:
        for layer in layers:
            layer.forks = dialect.names
    return dialect
