"""What Caffe's solver checks, and the schedules that it takes without a word and never follows.

BVLC/caffe src/caffe/solver.cpp, include/caffe/sgd_solvers.hpp, src/caffe/solvers/sgd_solver.cpp (GetLearningRate).
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from itertools import pairwise
from typing import Final

from netlint.loaders.caffe.companion import train_source
from netlint.loaders.caffe.solver import test_count, training_of
from netlint.loaders.text_format import Field, Message
from netlint.model import Problem, Source, Span, surely_meant

_POLICIES: Final = ("fixed", "step", "exp", "inv", "multistep", "sigmoid", "poly")
#: Policies that forks added.
_FOREIGN_POLICIES: Final = frozenset(
    {
        "plateau",
        "multifixed",
        "stepearly",
        "cosine",
        "cos",
        "triangular",
        "cyclic",
        "rampup",
        "warmup",
        "steps_by_epoch",
    }
)
#: The parameters that each policy reads.
_READS: Final = {
    "fixed": (),
    "step": ("gamma", "stepsize"),
    "exp": ("gamma",),
    "inv": ("gamma", "power"),
    "multistep": ("gamma", "stepvalue"),
    "sigmoid": ("gamma", "stepsize"),
    "poly": ("power",),
}


def solver_problems(source: Source, solver: Message) -> list[Problem]:
    """Everything that is wrong with a solver by itself."""
    return [
        *train_source(source, solver),
        *_tests(source, solver),
        *_momentum(source, solver),
        *_policy(source, solver),
    ]


def _first(solver: Message, name: str) -> Field | None:
    found = solver.by_name.get(name)
    return found[0] if found else None


def _number(solver: Message, name: str) -> float | None:
    found = _first(solver, name)
    return float(found.value) if found is not None and isinstance(found.value, int | float) else None


def _value(source: Source, found: Field) -> Span:
    """The value of a scalar, the name of a message."""
    if found.message is not None:
        return _name(source, found)
    return Span(source, found.start, found.end)


def _name(source: Source, found: Field) -> Span:
    return Span(source, found.name_start, found.name_start + len(found.name))


def _tests(source: Source, solver: Message) -> Iterator[Problem]:
    """Solver::InitTestNets: a test_iter for each test net, an interval, a state for each or none."""
    iterations, states = solver.by_name.get("test_iter", []), solver.by_name.get("test_state", [])
    nets = [item for name in ("test_net", "test_net_param") for item in solver.by_name.get(name, ())]
    generic = _first(solver, "net") or _first(solver, "net_param")
    count = test_count(solver)
    if len(iterations) < len(nets) or (generic is None and len(iterations) > len(nets)):
        surplus = len(iterations) > len(nets)
        anchor = iterations[len(nets)] if surplus else nets[len(iterations)]
        yield Problem(
            "solver-test-iter",
            f"the solver has {len(nets)} test {_plural('net', len(nets))} and {len(iterations)} `test_iter`: Caffe "
            "stops, because it wants one for each",
            _value(source, anchor),
            remedy="remove the surplus `test_iter`, or name the net to test" if surplus else "add a `test_iter`",
        )
        return
    interval = _first(solver, "test_interval")
    if count and (interval is None or (isinstance(interval.value, int | float) and interval.value <= 0)):
        yield Problem(
            "solver-test-iter",
            f"the solver tests, but its test_interval is {0 if interval is None else interval.value}: Caffe stops, "
            "because it must be above 0",
            _value(source, interval or iterations[0]),
            remedy="set `test_interval` to the number of iterations between two tests",
        )
    if states and len(states) != count:
        yield Problem(
            "solver-test-iter",
            f"{len(states)} `test_state` for {count} test {_plural('net', count)}: Caffe stops, because it wants "
            "none or one for each",
            _value(source, states[count] if len(states) > count else states[-1]),
            remedy="give each test net its `test_iter` and its `test_state`, or leave the states out",
        )


def _plural(word: str, count: int) -> str:
    return word if count == 1 else f"{word}s"


def _momentum(source: Source, solver: Message) -> Iterator[Problem]:
    """AdaGradSolver and RMSPropSolver check in their constructors (sgd_solvers.hpp)."""
    word, old = _first(solver, "type"), _first(solver, "solver_type")
    if word is not None and old is not None:
        yield Problem(
            "solver-momentum",
            "the solver has both `type` and the old `solver_type`: Caffe stops",
            _value(source, old),
            related=((_value(source, word), "the type"),),
            remedy="keep `type`",
        )
        return
    optimizer = training_of(source, solver).optimizer
    if optimizer is None or optimizer.value not in ("AdaGrad", "RMSProp"):
        return
    momentum, decay = _first(solver, "momentum"), _first(solver, "rms_decay")
    if momentum is not None and momentum.value != 0:
        yield Problem(
            "solver-momentum",
            f"a momentum of {momentum.text} with {optimizer.value}: Caffe stops, because this solver has none",
            _value(source, momentum),
            related=((optimizer, "the solver's type"),) if optimizer.span else (),
            remedy="remove `momentum`, or choose another type",
        )
    if (
        optimizer.value == "RMSProp"
        and decay is not None
        and isinstance(decay.value, int | float)
        and not 0 <= decay.value < 1
    ):
        yield Problem(
            "solver-momentum",
            f"a rms_decay of {decay.text}: Caffe stops, because it must be at least 0 and below 1",
            _value(source, decay),
            remedy="use 0.9 to 0.99",
        )


def _policy(source: Source, solver: Message) -> Iterator[Problem]:
    found = _first(solver, "lr_policy")
    policy = str(found.value) if found is not None else ""
    if found is None:
        anchor = _first(solver, "base_lr")
        if anchor is not None:
            yield Problem(
                "lr-policy-inert",
                "the solver has a base_lr and no lr_policy, which has no default: Caffe stops before the first step",
                _name(source, anchor),
                remedy='add `lr_policy: "fixed"`, or a schedule',
            )
    elif policy not in _POLICIES:
        close = get_close_matches(policy.lower(), _POLICIES, n=1, cutoff=0.7)
        foreign, meant = policy in _FOREIGN_POLICIES, surely_meant(policy, _POLICIES)
        yield Problem(
            "lr-policy-inert",
            f'BVLC Caffe has no lr_policy "{policy[:60]}"'
            + (", only forks have" if foreign else ': it stops with "Unknown learning rate policy"'),
            _value(source, found),
            remedy=f'did you mean "{close[0]}"?' if close and not foreign else f"use one of {', '.join(_POLICIES)}",
            severity="info" if foreign else None,
            meant=f'"{meant}"' if meant and not foreign else "",
        )
    else:
        yield from _parameters(source, solver, found, policy)
        yield from _schedule(source, solver, found, policy)


#: A step so many times as long as the training is a way to say that the rate stays.
_NEVER: Final = 100


def _parameters(source: Source, solver: Message, found: Field, policy: str) -> Iterator[Problem]:
    """The parameters that the policy reads and that have no default worth the name."""
    reads = _READS[policy]
    if "stepsize" in reads and (_number(solver, "stepsize") or 0) <= 0:
        yield Problem(
            "lr-policy-inert",
            f'lr_policy "{policy}" needs a stepsize above 0: Caffe stops (an old one divides by 0)',
            _value(source, _first(solver, "stepsize") or found),
            remedy="add `stepsize`, the number of iterations of one step",
        )
    if "gamma" in reads:
        yield from _gamma(source, solver, found, policy)
    if "power" in reads and not _number(solver, "power"):
        yield Problem(
            "lr-policy-inert",
            f'lr_policy "{policy}" without a power: Caffe takes 0, and the learning rate stays what it is at the start',
            _value(source, _first(solver, "power") or found),
            remedy="add `power` (1 for a linear decay)" if policy == "poly" else "add `power` (0.75 is common)",
            severity="warning",
        )
    if policy == "multistep" and not solver.by_name.get("stepvalue"):
        yield Problem(
            "lr-policy-inert",
            'lr_policy "multistep" without a stepvalue: the learning rate never changes',
            _value(source, found),
            remedy="add a `stepvalue` for each change",
            severity="warning",
        )


def _gamma(source: Source, solver: Message, found: Field, policy: str) -> Iterator[Problem]:
    gamma = _number(solver, "gamma") or 0.0
    place = _value(source, _first(solver, "gamma") or found)
    if gamma < 0:
        yield Problem("lr-policy-inert", f"a gamma of {gamma:g}: Caffe stops", place, remedy="use a positive `gamma`")
    elif gamma == 0:
        message, severity = {
            "inv": ("the learning rate never changes", "warning"),
            "sigmoid": ("the learning rate stays at half of base_lr", "warning"),
        }.get(policy, ("the learning rate is 0 after the first step, and nothing is learned from there on", None))
        yield Problem(
            "lr-policy-inert",
            f'lr_policy "{policy}" without a gamma: Caffe takes 0, so {message}',
            place,
            remedy="add `gamma: 0.1`, the factor of each step" if severity is None else "add `gamma`",
            severity="warning" if severity else None,
        )
    elif gamma > 1 and policy in ("step", "exp", "multistep"):
        yield Problem(
            "lr-policy-inert",
            f'lr_policy "{policy}" with a gamma of {gamma:g}: the learning rate grows at each step',
            place,
            remedy="use a `gamma` below 1",
            severity="warning",
        )


def _schedule(source: Source, solver: Message, found: Field, policy: str) -> Iterator[Problem]:
    """Schedules that are well formed and never act."""
    limit = _number(solver, "max_iter")
    bound = _first(solver, "max_iter")
    size = _first(solver, "stepsize")
    reads = _READS[policy]
    if policy == "step" and limit and size is not None and bound is not None:
        length = _number(solver, "stepsize") or 0
        # With a gamma of 1 it never acts anyway, which is told below.
        if length >= limit and _number(solver, "gamma") != 1:
            yield Problem(
                "solver-schedule-inert",
                f"a stepsize of {size.text} in a training of {bound.text} iterations: the learning rate never changes",
                _value(source, size),
                related=((_value(source, bound), "training ends here"),),
                remedy='choose a smaller `stepsize`, or say `lr_policy: "fixed"`',
                severity="info" if length >= _NEVER * limit else None,
            )
    if policy == "multistep":
        yield from _step_values(source, solver, limit)
    if policy in ("step", "exp", "multistep") and _number(solver, "gamma") == 1:
        yield Problem(
            "solver-schedule-inert",
            f'lr_policy "{policy}" with a gamma of 1: the learning rate never changes',
            _value(source, _first(solver, "gamma") or found),
            remedy='choose a `gamma` below 1, or say `lr_policy: "fixed"`',
            severity="info",
        )
    for name in ("stepvalue", "stepsize", "gamma"):
        unread = _first(solver, name)
        if unread is None or name in reads:
            continue
        # Somebody who writes stepvalues wants those steps; left-over numbers beside a fixed rate are harmless.
        wanted = name == "stepvalue" and policy == "step"
        yield Problem(
            "solver-schedule-inert",
            f'lr_policy "{policy}" does not read `{name}`: it has no effect',
            _name(source, unread),
            related=((_value(source, found), "the policy"),),
            remedy=f'say `lr_policy: "{"multistep" if name == "stepvalue" else "step"}"`, or remove it',
            severity=None if wanted else "info",
        )


def _step_values(source: Source, solver: Message, limit: float | None) -> Iterator[Problem]:
    values = [item for item in solver.by_name.get("stepvalue", []) if isinstance(item.value, int)]
    bound = _first(solver, "max_iter")
    if values and limit and bound is not None and all(float(str(item.value)) >= limit for item in values):
        yield Problem(
            "solver-schedule-inert",
            f"the first stepvalue is {values[0].text} in a training of {bound.text} iterations: the learning rate "
            "never changes",
            _value(source, values[0]),
            related=((_value(source, bound), "training ends here"),),
            remedy="choose smaller values",
        )
    for before, after in pairwise(values):
        if int(str(after.value)) <= int(str(before.value)):
            yield Problem(
                "solver-schedule-inert",
                f"stepvalue {after.text} stands after {before.text}: Caffe takes them in this order, so both steps "
                f"happen at {before.text}",
                _value(source, after),
                related=((_value(source, before), "the step before"),),
                remedy="give the values in ascending order",
            )
            return
