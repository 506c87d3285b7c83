"""An optimiser's parameter groups as the model's training: of a live one, and of the state that a checkpoint keeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from netlint.loaders.torch.opcodes import Record, Table
from netlint.model import Attr, Source, Span, Training

#: Optimisers under the names that the rules know; their own word stays in `spelled`.
_NAMES: Final[Mapping[str, str]] = {"RMSprop": "RMSProp", "Adagrad": "AdaGrad", "Adadelta": "AdaDelta"}


@dataclass(frozen=True, slots=True)
class _Signature:
    """What torch's own class writes: these keys in each group, and no other ones than these for a parameter."""

    name: str
    group: frozenset[str]
    state: frozenset[str]


_STEP: Final = ("step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq")

#: A state has no name of its class; these keys are written by one class of `torch.optim` alone (its `state_dict()`).
_SIGNATURES: Final = tuple(
    _Signature(name, frozenset(group.split()), frozenset(state))
    for name, group, state in (
        ("SGD", "lr momentum dampening nesterov weight_decay", ("momentum_buffer",)),
        ("Adam", "lr betas eps amsgrad weight_decay", _STEP),
        ("NAdam", "lr betas eps momentum_decay weight_decay", (*_STEP, "mu_product")),
        ("RMSprop", "lr alpha eps centered momentum", ("step", "square_avg", "momentum_buffer", "grad_avg")),
        ("Adagrad", "lr lr_decay initial_accumulator_value weight_decay", ("step", "sum")),
        ("Adadelta", "lr rho eps weight_decay", ("step", "square_avg", "acc_delta")),
        ("Muon", "lr momentum nesterov ns_steps ns_coefficients weight_decay", ("momentum_buffer",)),
    )
)  # fmt: skip

#: Keys of optimisers from elsewhere that look like one of torch's otherwise.
_FOREIGN: Final = frozenset(("trust_coeff", "trust_coefficient", "use_muon", "rectify", "k", "warmup_steps", "d0"))

#: Checkpoints keep their optimisers one to three steps below the top: `{"optimizer": {...}}`, `{"states": [{...}]}`.
_DEEPEST: Final = 3
_MOST_ENTRIES: Final = 4096
_MOST_GROUPS: Final = 10_000


def trained(training: Training, source: Source, name: str, groups: Sequence[Mapping[str, Any]]) -> Training:
    """The training set-up with the numbers of a `torch.optim` class and its groups: the largest learning rate and
    weight decay, and the momentum and betas where all groups have the same."""
    rates = [rate for group in groups if (rate := number(group.get("lr"))) is not None]
    decays = [decay for group in groups if (decay := number(group.get("weight_decay"))) is not None]
    momenta = {number(group.get("momentum", _at(group.get("betas"), 0))) for group in groups}
    seconds = {number(_at(group.get("betas"), 1)) for group in groups}
    return replace(
        named(training, source, name),
        learning_rate=Attr("learning_rate", max(rates), None, "lr") if rates else None,
        weight_decay=Attr("weight_decay", max(decays), None, "weight_decay") if decays else None,
        momentum=_sole("momentum", momenta, "momentum" if any("momentum" in group for group in groups) else "betas[0]"),
        second_momentum=_sole("second_momentum", seconds, "betas[1]"),
    )


def named(training: Training, source: Source, name: str) -> Training:
    """The training set-up with an optimiser of which nothing but the name is known."""
    optimizer = Attr("optimizer", _NAMES.get(name, name), None, name)
    return replace(training, optimizer=optimizer, place=Span(source, 0, 0))


def number(value: Any) -> float | None:
    """A number that is none of Python's truth values; None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _sole(name: str, numbers: set[float | None], word: str) -> Attr | None:
    found = next(iter(numbers)) if len(numbers) == 1 else None
    return None if found is None else Attr(name, found, None, word)


def _at(pair: Any, index: int) -> Any:
    return pair[index] if isinstance(pair, list | tuple) and len(pair) > index else None


def stored_training(values: Sequence[object], source: Source) -> Training | None:
    """What the optimiser states of a checkpoint say; None where it has none, or none that netlint can name.

    Several optimisers of one class count as one with more groups; several classes say nothing.
    """
    states = [state for value in values for state in _states(value)]
    names = {_class_of(state) for state in states}
    name = names.pop() if len(names) == 1 else ""
    if not name:
        return None
    groups = [group for state in states for group in state.groups]
    return trained(Training(), source, name, [_as_set_up(group, name) for group in groups])


@dataclass(frozen=True, slots=True)
class _State:
    """The groups without their parameters, and the keys of what is kept for each parameter."""

    groups: tuple[Mapping[str, object], ...]
    kept: frozenset[str]


def _states(value: object) -> Iterator[_State]:
    """Every `{"state": ..., "param_groups": [...]}`."""
    waiting = [(value, 0)]
    seen: set[int] = set()
    while waiting:
        item, depth = waiting.pop()
        if id(item) in seen:
            continue
        seen.add(id(item))
        pairs = _pairs(item)
        keys = {key: found for key, found in pairs if isinstance(key, str)}
        groups = keys.get("param_groups")
        if isinstance(groups, list) and "state" in keys:
            if 0 < len(groups) <= _MOST_GROUPS and all(isinstance(group, Table) for group in groups):
                yield _State(tuple(map(_group, groups)), _kept(keys["state"]))
        elif depth < _DEEPEST:
            waiting += [(found, depth + 1) for _, found in pairs if isinstance(found, Table | Record | list)]


def _pairs(item: object) -> list[tuple[object, object]]:
    """The entries of a dictionary or a list, as far as an optimiser may be among them."""
    if isinstance(item, Table | Record):
        return item.items[:_MOST_ENTRIES]
    return [(None, one) for one in item[:_MOST_ENTRIES]] if isinstance(item, list) else []


def _group(table: object) -> Mapping[str, object]:
    return {key: found for key, found in _pairs(table) if isinstance(key, str) and key != "params"}


def _kept(state: object) -> frozenset[str]:
    entries = [kept for _, kept in _pairs(state)]
    return frozenset(key for kept in entries for key, _ in _pairs(kept) if isinstance(key, str))


def _class_of(state: _State) -> str:
    """The class of `torch.optim` that wrote this state; empty where it could be another one."""
    common = frozenset.intersection(*(frozenset(group) for group in state.groups))
    if _FOREIGN & common:
        return ""
    found = [one.name for one in _SIGNATURES if one.group <= common and state.kept <= one.state]
    if len(found) != 1:
        return ""
    decoupled = {group.get("decoupled_weight_decay") for group in state.groups}
    return "AdamW" if found == ["Adam"] and decoupled == {True} else found[0]


def _as_set_up(group: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A group as it was before schedules changed it, without what its keys do not say for certain."""
    own = dict(group)
    rate = number(own.get("initial_lr", own.get("lr")))
    # Schedules begin and end with 0.
    own["lr"] = rate if rate != 0 else None
    if "max_momentum" in own or "base_momentum" in own:
        own.pop("momentum", None)
        own.pop("betas", None)
    if name in ("Adam", "AdamW") and not isinstance(own.get("decoupled_weight_decay"), bool):
        # Adam and AdamW wrote the same keys before torch 2.6, and mean something else by their decay.
        own.pop("weight_decay", None)
    return own
