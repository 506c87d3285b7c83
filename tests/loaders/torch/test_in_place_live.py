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


def kept_in_no_other_way(h: Tensor, _: Around) -> Tensor:
    return functional.silu(h, inplace=True).mul_(2)


STOPS: dict[Callable[[Tensor, Around], Tensor], str] = {
    gate: "add_ `add__1` overwrites what mul `mul` has read",
    masked: "masked_fill_ `masked_fill_` overwrites the output of softmax `softmax`",
    element: "fill `fill_` overwrites the output of sigmoid `sigmoid`",
    through_a_view: "add_ `add__1` overwrites the output of sigmoid `sigmoid`",
    shortcut: "add_ `add__2` overwrites the output of relu `relu`",
    dropped: "dropout `dropout_` overwrites the output of relu_ `relu_`",
}
SOUND = [
    *(gate_without_gradient, usual_shortcut, dropout_that_is_off, of_a_mask, of_positions, of_constants, into_a_buffer),
    *(taken_off, copied_before, kept_in_no_other_way),
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
