"""What a solver says of the training, and which nets it runs in which states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal

from netlint.loaders.caffe.layer import Block
from netlint.loaders.caffe.phases import ANY_SOLVER, State
from netlint.loaders.caffe.schema import schema
from netlint.loaders.text_format import Field, Message
from netlint.model import Attr, Source, Span, Training

_OPTIMIZERS: Final = {
    "SGD": "SGD",
    "NESTEROV": "Nesterov",
    "ADAGRAD": "AdaGrad",
    "RMSPROP": "RMSProp",
    "ADADELTA": "AdaDelta",
    "ADAM": "Adam",
}
#: The fields that name a net for training, of which Caffe wants exactly one, in its order (Solver::InitTrainNet).
TRAIN_SOURCES: Final = ("net", "net_param", "train_net", "train_net_param")
#: Those for testing alone, in the order of the test nets (Solver::InitTestNets); the generic ones come last.
_TEST_SOURCES: Final = ("test_net_param", "test_net")
_GENERIC: Final = ("net", "net_param")

#: Fields of Intel's and NVIDIA's forks: a warm-up, and rates for each layer by the size of its weights (LARS).
_TEMPERING: Final = ("warmup_iter", "rampup_interval", "local_lr_auto", "larc")

#: What the schema gives these fields when the solver does not.
_DEFAULTED: Final = ("base_lr", "momentum", "momentum2", "weight_decay", "iter_size")


def training_of(
    source: Source, solver: Message, weights: Literal["scratch", "pretrained", "unknown"] = "unknown"
) -> Training:
    """The training set-up of a SolverParameter. A solver that names `weights` fine-tunes."""
    kinds = schema()["SolverParameter"]

    def attr(name: str, field_name: str) -> Attr | None:
        found = solver.by_name.get(field_name)
        if not found or found[0].value is None:
            default = kinds[field_name].default if field_name in _DEFAULTED else None
            return None if default is None else Attr(name, default, None, field_name)
        span = Span(source, found[0].start, found[-1].end)
        if kinds[field_name].repeated:
            return Attr(name, tuple(item.value for item in found if item.value is not None), span, field_name)
        return Attr(name, found[0].value, span, field_name)

    if weights == "unknown" and "weights" in solver.by_name:
        weights = "pretrained"
    optimizer = attr("optimizer", "type") or attr("optimizer", "solver_type")
    if optimizer is not None and isinstance(optimizer.value, str):
        word = _OPTIMIZERS.get(optimizer.value.upper(), optimizer.value)
        optimizer = Attr("optimizer", word, optimizer.span, optimizer.word)
    first = min(
        (item for items in solver.by_name.values() for item in items), key=lambda item: item.start, default=None
    )
    staged = any(item.name.startswith("stage") for item in solver.fields)
    rate = attr("learning_rate", "base_lr")
    return Training(
        weights=weights,
        optimizer=optimizer,
        # Forks that give one rate a stage need no base_lr.
        learning_rate=None if staged and rate is not None and rate.span is None else rate,
        learning_rate_policy=attr("learning_rate_policy", "lr_policy"),
        momentum=attr("momentum", "momentum"),
        weight_decay=attr("weight_decay", "weight_decay"),
        iterations=attr("iterations", "max_iter"),
        second_momentum=attr("second_momentum", "momentum2"),
        gamma=attr("gamma", "gamma"),
        power=attr("power", "power"),
        step_size=attr("step_size", "stepsize"),
        step_values=attr("step_values", "stepvalue"),
        accumulated_batches=attr("accumulated_batches", "iter_size"),
        tempered=_tempered(source, solver),
        gradient_limit=attr("gradient_limit", "clip_gradients"),
        test_iterations=attr("test_iterations", "test_iter"),
        place=Span(source, first.name_start, first.name_start + len(first.name)) if first is not None else None,
    )


def _tempered(source: Source, solver: Message) -> Attr | None:
    for name in _TEMPERING:
        for item in solver.by_name.get(name, ()):
            if item.value:
                return Attr("tempered", item.value, Span(source, item.start, item.end), name)
    return None


@dataclass(frozen=True, slots=True)
class NetUse:
    """A net that the solver holds inline or names, and the states in which it runs it."""

    field: Field
    states: tuple[State, ...]

    @property
    def inline(self) -> bool:
        return self.field.message is not None


def test_count(solver: Message) -> int:
    """How many test nets the solver makes: one for each of `test_net`, and a generic net fills up to `test_iter`."""
    named = sum(len(solver.by_name.get(name, ())) for name in _TEST_SOURCES)
    generic = any(name in solver.by_name for name in _GENERIC)
    return max(len(solver.by_name.get("test_iter", ())), named) if generic else named


def nets_of(source: Source, solver: Message) -> list[NetUse]:
    """Every net with the states of Solver::InitTrainNet and InitTestNets, in Caffe's order of the test nets.

    An inline net that nothing tests is still looked at in both phases; one that is named is a file of its own, and
    can be linted by itself.
    """
    uses: list[NetUse] = []
    own = solver.by_name.get("train_state")
    train = State("TRAIN").merged(*(_block(source, item) for item in own or ()))
    tests = iter(_test_states(source, solver))
    tested = {id(item): [next(tests)] for name in _TEST_SOURCES for item in solver.by_name.get(name, ())}
    remaining = list(tests)
    for name in (*TRAIN_SOURCES, *_TEST_SOURCES):
        for item in solver.by_name.get(name, ()):
            states = [train] if name in TRAIN_SOURCES else []
            if name in _GENERIC:
                states += remaining or ([ANY_SOLVER[1]] if item.message is not None else [])
            states += tested.get(id(item), [])
            if item.message is None:
                states = [replace(state, settled=True) for state in states]
            uses.append(NetUse(item, tuple(dict.fromkeys(states))))
    return uses


def _test_states(source: Source, solver: Message) -> Iterator[State]:
    given = solver.by_name.get("test_state", [])
    for index in range(test_count(solver)):
        blocks = [_block(source, given[index])] if index < len(given) else []
        yield State("TEST").merged(*blocks)


def _block(source: Source, item: Field) -> Block:
    return Block(source, item.name, "NetState", item)
