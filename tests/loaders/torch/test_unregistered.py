"""Layers in plain containers of a module: what PyTorch does not register, and what is meant to stay so."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="modules in memory are PyTorch's")

from torch import Tensor, nn  # noqa: E402

import netlint  # noqa: E402

RULE = "unregistered-module"


class Listed(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.layers = [nn.Linear(8, 8), [nn.Linear(8, 8)]]
        self.scales = {"first": nn.Parameter(torch.ones(8))}
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        first, (second,) = self.layers
        return self.head(torch.relu(second(torch.relu(first(x * self.scales["first"])))))


class Inside(nn.Module):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__()
        self.body = Listed()

    def forward(self, x: Tensor) -> Any:
        return self.body(x)


class Teacher(nn.Module):  # type: ignore[misc]
    """Hidden on purpose: it does not learn."""

    def __init__(self) -> None:
        super().__init__()
        self.teacher = [nn.Linear(8, 2).requires_grad_(False)]
        self.student = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        return self.student(x) - self.teacher[0](x)


class Silenced(nn.Module):  # type: ignore[misc]
    """A teacher whose parameters could learn, but are read where no gradient comes back."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.way = way
        self.teacher = [nn.Linear(8, 2)]
        self.student = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        if self.way == "no_grad":
            with torch.no_grad():
                aim = self.teacher[0](x)
        else:
            aim = self.teacher[0](x)
        return self.student(x) - (aim.detach() if self.way == "detach" else aim)


class References(nn.Module):  # type: ignore[misc]
    """Layers that are registered as well, the module's own parent, and one that nobody reads."""

    def __init__(self, parent: nn.Module | None = None) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(8, 8), nn.Linear(8, 2)
        self.order = [self.first, self.second]
        self.parent = (parent or Listed(),)

    def forward(self, x: Tensor) -> Any:
        return self.order[1](torch.relu(self.order[0](x)))


def told(module: Any, **options: Any) -> list[tuple[str, int, str]]:
    report = netlint.lint(module, input_shape=(4, 8), **options)
    assert report.failures == []
    assert all(one.path.endswith("test_unregistered.py") for one in report.findings)
    return [(one.severity, one.line, one.message) for one in report.findings if one.rule == RULE]


def line_of(text: str) -> int:
    with open(__file__, encoding="utf-8") as source:
        return next(number for number, line in enumerate(source, 1) if text in line)


@pytest.mark.parametrize(("make", "prefix"), [(Listed, ""), (Inside, "body.")])
def test_lists_and_dictionaries(make: Any, prefix: str) -> None:
    module = make()
    assert [name for name, _ in module.named_parameters()] == [f"{prefix}head.weight", f"{prefix}head.bias"]
    lost = (
        "`parameters()` does not give them to an optimiser, `state_dict()` does not save them, and `to()` does not move "
        "them: they stay as initialised"
    )
    assert told(module) == [
        (
            "error",
            line_of("self.layers = ["),
            f"`{prefix}layers` is a plain list, so Listed does not register what is in it (2 layers with 4 "
            f"parameters): {lost}",
        ),
        (
            "error",
            line_of("self.scales = {"),
            f"`{prefix}scales` is a plain dictionary, so Listed does not register what is in it (1 parameter): {lost}",
        ),
    ]


def test_an_optimiser_that_was_given_them() -> None:
    module = Listed()
    layers = [module.layers[0], module.layers[1][0]]
    optimizer = torch.optim.SGD(
        [*module.parameters(), *(one for layer in layers for one in layer.parameters()), *module.scales.values()], 0.1
    )
    assert [(severity, line) for severity, line, _ in told(module, optimizer=optimizer)] == [
        ("warning", line_of("self.layers = [")),
        ("warning", line_of("self.scales = {")),
    ]


@pytest.mark.parametrize(
    "module",
    [Teacher(), Silenced("no_grad"), Silenced("detach"), References(), References(Inside())],
    ids=["teacher", "no_grad", "detach", "own", "parent"],
)
def test_what_is_meant_or_known(module: Any) -> None:
    assert told(module) == []


def test_the_same_without_a_stop_learns() -> None:
    assert [line for _, line, _ in told(Silenced("nothing"))] == [line_of("self.teacher = [nn.Linear(8, 2)]\n")]
