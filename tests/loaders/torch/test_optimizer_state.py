"""Checkpoints that hold the state of an optimiser: the rules about training speak of it."""

from __future__ import annotations

import collections
import pickle
from typing import Any

import pytest

from netlint import lint, load
from netlint.model import Attr
from tests.loaders.torch.programs import zipped

SGD = {"lr": 0.1, "momentum": 0.9, "dampening": 0, "weight_decay": 1e-4, "nesterov": False, "params": [0, 1]}
ADAM = {
    "lr": 1e-3,
    "betas": (0.9, 0.999),
    "eps": 1e-8,
    "weight_decay": 0.01,
    "amsgrad": False,
    "params": [0],
    "decoupled_weight_decay": False,
}
MOMENTS = {0: {"step": 1, "exp_avg": 1, "exp_avg_sq": 1}}


def state(*groups: dict[str, Any], kept: object = None) -> dict[str, Any]:
    return {"state": kept or {}, "param_groups": list(groups)}


def saved(value: object) -> bytes:
    return zipped({"m/data.pkl": pickle.dumps(value, 2), "m/version": "3"})


def numbers(value: object) -> tuple[object, ...]:
    """(optimiser, learning rate, momentum, second momentum, weight decay) that are known."""
    found = load(saved(value), filename="a.pt")[0].training
    attrs = (found.optimizer, found.learning_rate, found.momentum, found.second_momentum, found.weight_decay)
    return tuple(attr.value if isinstance(attr, Attr) else None for attr in attrs)


def told(value: object) -> list[tuple[str, str, str]]:
    return [(one.rule, one.severity, one.message) for one in lint(saved(value), filename="a.pt").findings]


@pytest.mark.parametrize("around", ["bare", "optimizer", "optimizer_states"])
def test_where_the_state_stands(around: str) -> None:
    own = state(SGD, kept={0: {"momentum_buffer": None}})
    whole: dict[str, object] = {
        "bare": own,
        "optimizer": {"model": collections.OrderedDict(), "epoch": 3, "optimizer": own},
        "optimizer_states": {"optimizer_states": [own]},
    }
    assert numbers(whole[around]) == ("SGD", 0.1, 0.9, None, 1e-4)


def test_numbers_by_class() -> None:
    assert numbers(state(ADAM, kept=MOMENTS)) == ("Adam", 0.001, 0.9, 0.999, 0.01)
    assert numbers(state({**ADAM, "decoupled_weight_decay": True})) == ("AdamW", 0.001, 0.9, 0.999, 0.01)
    older = {name: value for name, value in ADAM.items() if name != "decoupled_weight_decay"}
    assert numbers(state(older)) == ("Adam", 0.001, 0.9, 0.999, None), "whether the decay is decoupled is unknown"


def test_schedules_change_the_rate() -> None:
    assert numbers(state({**SGD, "lr": 1e-9, "initial_lr": 0.2}))[1] == 0.2
    assert numbers(state({**SGD, "lr": 0.0}))[1] is None
    assert numbers(state({**SGD, "max_momentum": 0.95, "base_momentum": 0.85}))[2] is None


def test_optimisers_that_cannot_be_named() -> None:
    unknown = (None,) * 5
    assert numbers(state({"lr": 0.1, "params": []})) == unknown
    assert numbers(state({**SGD, "trust_coeff": 0.001})) == unknown
    assert numbers(state(SGD, kept={0: {"hessian": 1}})) == unknown
    assert numbers({"g": state(SGD), "d": state(ADAM)}) == unknown
    assert numbers({"g": state(SGD), "d": state({**SGD, "momentum": 0.5})}) == ("SGD", 0.1, None, None, 1e-4)
    assert numbers({"state": {}, "param_groups": [3]}) == unknown
    assert numbers({"state": {}, "param_groups": []}) == unknown


def test_rules_speak() -> None:
    assert told(state({**SGD, "momentum": 1.0})) == [
        ("momentum-range", "error", "a momentum of 1: every update grows without bound")
    ]
    assert told(state({**ADAM, "betas": (0.999, 0.9)}, kept=MOMENTS)) == [
        (
            "momentum-range",
            "warning",
            "betas[0] 0.999 and betas[1] 0.9 with Adam: the average of the squares forgets faster than that of the "
            "gradient, as if the two were swapped, and single updates can be huge",
        )
    ]
    assert told(state({**SGD, "weight_decay": 0.5})) == [
        (
            "weight-decay-huge",
            "warning",
            "a weight_decay of 0.5 is added to every gradient as that share of the weight itself: it outweighs the "
            "loss, and the weights shrink to 0",
        )
    ]
    assert told(state({**SGD, "lr": -0.1})) == [
        ("lr-zero-or-tiny", "error", "an lr of -0.1: the loss is climbed, not descended")
    ]
    assert told(state({**ADAM, "weight_decay": 0.5, "decoupled_weight_decay": True})) == []
    assert told({"model": {}, "optimizer": state(SGD)}) == []


NAMED = ["SGD", "Adam", "AdamW", "NAdam", "RMSprop", "Adagrad", "Adadelta", "Muon"]
OTHERS = ["RAdam", "Adamax", "ASGD", "Rprop", "Adafactor", "LBFGS"]


@pytest.mark.parametrize("name", [*NAMED, *OTHERS])
def test_what_torch_writes(name: str, tmp_path: Any) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch writes the states")
    if not hasattr(torch.optim, name):
        pytest.skip(f"this PyTorch has no {name}")
    layer = torch.nn.Linear(3, 2, bias=False)
    optimizer = getattr(torch.optim, name)(layer.parameters(), lr=0.25)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = layer(torch.ones(1, 3)).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    torch.save({"model": layer.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "a.pt")
    training = load(str(tmp_path / "a.pt"))[0].training
    if name in OTHERS:
        assert training.optimizer is None
        return
    assert training.optimizer is not None
    assert training.optimizer.spelled == name
    assert training.learning_rate is not None
    assert training.learning_rate.value == 0.25
