"""In-place calls in modules: what is told is what autograd stops at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="autograd is PyTorch's")

from torch import Tensor, nn  # noqa: E402
from torch.nn import functional  # noqa: E402

import netlint  # noqa: E402


class Around(nn.Module):  # type: ignore[misc]
    """A step between layers that learn."""

    def __init__(self, step: Callable[[Tensor, Around], Tensor]) -> None:
        super().__init__()
        self.step = step
        self.first, self.norm, self.last = nn.Linear(8, 8), nn.BatchNorm1d(8), nn.Linear(8, 8)
        self.register_buffer("kept", torch.zeros(2, 8))

    def forward(self, x: Tensor) -> Any:
        return self.last(self.step(self.norm(self.first(x)), self))


def gate(h: Tensor, _: Around) -> Tensor:
    gated = torch.sigmoid(h) * h
    h += 1
    return gated + h


def gate_without_gradient(h: Tensor, _: Around) -> Tensor:
    gated = torch.sigmoid(h).detach() * h
    h += 1
    return gated + h


def masked(h: Tensor, _: Around) -> Tensor:
    return torch.softmax(h, 1).masked_fill_(h > 0, 0.0)


def element(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid(h)
    s[:, 0] = 0
    return h + s


def through_a_view(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid(h)
    s.view(-1).add_(1)
    return h + s


def shortcut(h: Tensor, around: Around) -> Tensor:
    same = functional.relu(h)
    out = around.norm(around.first(same))
    same += out
    return same


def usual_shortcut(h: Tensor, around: Around) -> Tensor:
    same = functional.relu(h)
    out = around.norm(around.first(same))
    out += same
    return functional.relu_(out)


def dropped(h: Tensor, _: Around) -> Tensor:
    return functional.dropout(functional.relu_(h), 0.5, training=True, inplace=True)


def dropout_that_is_off(h: Tensor, _: Around) -> Tensor:
    s = functional.dropout(torch.sigmoid(h), 0.5, training=False, inplace=True)
    return functional.alpha_dropout(s, 0.5, training=False, inplace=True)


def of_a_mask(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid((h > 0).float())
    s *= 2
    return h + s


def of_positions(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid(h.argmax(1, keepdim=True).float())
    s *= 2
    return h + s


def of_constants(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid(torch.zeros_like(h))
    s *= 2
    return h + s


def into_a_buffer(h: Tensor, around: Around) -> Tensor:
    s = torch.sigmoid(h)
    s *= 2
    around.kept.copy_(s.detach())
    return h + 1


def taken_off(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid(h)
    s.detach_()
    return h + s


def copied_before(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid(h).clone()
    s += 1
    return s


def zeroed(h: Tensor, _: Around) -> Tensor:
    return torch.sigmoid(h).zero_() + h


def filled(h: Tensor, _: Around) -> Tensor:
    s = torch.sigmoid(h)
    s[:] = 2
    return h + s


def copied_over(h: Tensor, _: Around) -> Tensor:
    return h + torch.sigmoid(h).copy_(h)


def drawn_anew(h: Tensor, _: Around) -> Tensor:
    return h + torch.sigmoid(h).normal_()


def zeroed_when_nobody_needs_it(h: Tensor, _: Around) -> Tensor:
    return (h + 1).zero_() + h


def copied_into_something_new(h: Tensor, _: Around) -> Tensor:
    return torch.empty_like(h).copy_(h).zero_() + h


def kept_in_no_other_way(h: Tensor, _: Around) -> Tensor:
    return functional.silu(h, inplace=True).mul_(2)


STOPS: dict[Callable[[Tensor, Around], Tensor], str] = {
    gate: "add_ `add__1` overwrites what mul `mul` has read",
    masked: "masked_fill_ `masked_fill_` overwrites the output of softmax `softmax`",
    element: "fill `fill_` overwrites the output of sigmoid `sigmoid`",
    through_a_view: "add_ `add__1` overwrites the output of sigmoid `sigmoid`",
    shortcut: "add_ `add__2` overwrites the output of relu `relu`",
    dropped: "dropout `dropout_` overwrites the output of relu_ `relu_`",
    zeroed: "zero_ `zero_` overwrites the output of sigmoid `sigmoid`",
    filled: "fill `fill_` overwrites the output of sigmoid `sigmoid`",
    copied_over: "copy_ `copy_` overwrites the output of sigmoid `sigmoid`",
    drawn_anew: "normal_ `normal_` overwrites the output of sigmoid `sigmoid`",
}
SOUND = [
    *(gate_without_gradient, usual_shortcut, dropout_that_is_off, of_a_mask, of_positions, of_constants, into_a_buffer),
    *(taken_off, copied_before, kept_in_no_other_way, zeroed_when_nobody_needs_it, copied_into_something_new),
]


def stopped(step: Callable[[Tensor, Around], Tensor]) -> bool:
    """Whether autograd stops."""
    loss = Around(step)(torch.rand(2, 8)).square().sum()
    try:
        loss.backward()
    except RuntimeError as error:
        return "modified by an inplace operation" in str(error)
    return False


def told(step: Callable[[Tensor, Around], Tensor], loss: object) -> list[str]:
    report = netlint.lint(Around(step), input_shape=(2, 8), loss=loss, select=["in-place-hazard"])
    assert report.failures == []
    assert all((one.severity, one.rule) == ("error", "in-place-hazard") for one in report.findings)
    return [one.message for one in report.findings]


@pytest.mark.parametrize("loss", [None, nn.MSELoss()], ids=["none", "loss"])
@pytest.mark.parametrize("step", STOPS, ids=lambda step: step.__name__)
def test_where_autograd_stops(step: Callable[[Tensor, Around], Tensor], loss: object) -> None:
    assert stopped(step)
    (message,) = told(step, loss)
    assert message == (
        f'{STOPS[step]}, which is needed again for its gradient: backward() stops with "modified by an inplace operation"'
    )


@pytest.mark.parametrize("loss", [None, nn.MSELoss()], ids=["none", "loss"])
@pytest.mark.parametrize("step", SOUND, ids=lambda step: step.__name__)
def test_where_it_does_not(step: Callable[[Tensor, Around], Tensor], loss: object) -> None:
    assert not stopped(step)
    assert told(step, loss) == []


def test_evaluation_is_silent() -> None:
    assert netlint.lint(Around(gate).eval(), input_shape=(2, 8), select=["in-place-hazard"]).findings == []


# Under autocast some operators read copies.


class Tokens(nn.Module):  # type: ignore[misc]
    def __init__(self, step: Callable[[Tokens, Tensor], Tensor]) -> None:
        super().__init__()
        self.step = step
        self.table, self.first, self.second = nn.Embedding(9, 8), nn.Linear(8, 8), nn.Linear(8, 8)
        self.flat, self.norm = nn.LayerNorm(8), nn.BatchNorm1d(8)

    def forward(self, tokens: Tensor) -> Any:
        return self.step(self, self.table(tokens))


def changed_later(make: Callable[[Tokens, Tensor], Tensor], read: Callable[[Tokens, Tensor], Tensor]) -> Any:
    def step(tokens: Tokens, rows: Tensor) -> Tensor:
        made = make(tokens, rows)
        result = read(tokens, made)
        made += 1
        return (result + made).float()

    return step


def half(on: bool) -> Any:
    return torch.autocast("cpu", dtype=torch.bfloat16, enabled=on)


def inside(on: bool) -> Any:
    def step(tokens: Tokens, rows: Tensor) -> Tensor:
        with half(on):
            return changed_later(lambda net, x: x + net.first(x), lambda net, x: net.second(x))(tokens, rows)

    return step


#: Name -> what makes the value that is changed, what reads it before; whether autograd stops without and with autocast
#: on the processor, and what is told. Graphics cards copy for some operators that the processor leaves alone.
CASTS: dict[str, tuple[Any, tuple[bool, bool], str]] = {
    "dense behind dense": (
        changed_later(lambda net, x: functional.relu(net.first(x)), lambda net, x: net.second(x)),
        (True, True),
        "error",
    ),
    "dense behind a normaliser": (
        changed_later(lambda net, x: functional.relu(net.norm(net.first(x))), lambda net, x: net.second(x)),
        (True, True),
        "error",
    ),
    "dense behind a sum of 32 bits": (
        changed_later(lambda net, x: x + net.first(x), lambda net, x: net.second(x)),
        (True, False),
        "warning",
    ),
    "layer norm behind dense": (
        changed_later(lambda net, x: net.first(x), lambda net, x: net.flat(x)),
        (True, True),
        "warning",
    ),
    "layer norm behind a sum of 32 bits": (
        changed_later(lambda net, x: x + net.first(x), lambda net, x: net.flat(x)),
        (True, True),
        "error",
    ),
    "a logarithm": (
        changed_later(lambda net, x: net.first(x).abs() + 1, lambda _, x: torch.log(x)),
        (True, True),
        "warning",
    ),
    "in a block with autocast": (inside(on=True), (False, False), ""),
    "in a block without": (inside(on=False), (True, True), "error"),
}


@pytest.mark.parametrize("name", CASTS)
def test_what_autocast_may_copy(name: str) -> None:
    step, stops, severity = CASTS[name]
    tokens = torch.ones(2, dtype=torch.long)
    for on, stop in zip((False, True), stops, strict=True):
        with half(on):
            loss = Tokens(step)(tokens).sum()
        if stop:
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                loss.backward()
        else:
            loss.backward()
    report = netlint.lint(Tokens(step), input_shape=(2,), select=["in-place-hazard"])
    assert report.failures == []
    assert [one.severity for one in report.findings] == ([severity] if severity else [])
    for one in report.findings:
        assert one.message.endswith("unless autocast gives it a copy of another type") == (severity == "warning")
