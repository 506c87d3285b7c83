"""In-place calls in a program: which of them stop the backward pass, by PyTorch's own word."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from netlint import lint, load
from tests.loaders.torch.programs import archived, call, program, tensor

#: Name -> steps on a value that needs a gradient; each step is (operator, arguments).
STEPS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "sigmoid, then add_": [("sigmoid", {}), ("add_", {"other": 1})],
    "tanh, then clamp_": [("tanh", {}), ("clamp_", {"min": 0, "max": 1})],
    "softmax, then mul_": [("softmax", {"dim": -1}), ("mul_", {"other": 3})],
    "relu, then mul_": [("relu", {}), ("mul_", {"other": 2})],
    "relu_, then mul_": [("relu_", {}), ("mul_", {"other": 2})],
    "leaky_relu_, then mul_": [("leaky_relu_", {"negative_slope": 0.1}), ("mul_", {"other": 2})],
    "leaky_relu, then mul_": [("leaky_relu", {"negative_slope": 0.1}), ("mul_", {"other": 2})],
    "gelu, then mul_": [("gelu", {}), ("mul_", {"other": 2})],
    "exp, then div_": [("exp", {}), ("div_", {"other": 2})],
    "relu_": [("relu_", {})],
    "sigmoid, then mul": [("sigmoid", {}), ("mul", {"other": 2})],
    "sigmoid, detach, then mul_": [("detach", {}), ("sigmoid", {}), ("mul_", {"other": 2})],
}
STOPS = {
    "sigmoid, then add_", "tanh, then clamp_", "softmax, then mul_", "relu, then mul_", "relu_, then mul_",
    "leaky_relu_, then mul_", "exp, then div_",
}  # fmt: skip
_OVERLOADS = {"add_": "Tensor", "mul_": "Tensor", "mul": "Tensor", "div_": "Tensor", "softmax": "int"}


def archive_of(steps: list[tuple[str, dict[str, Any]]]) -> bytes:
    """`mse(steps(linear(x)), y)`, with a trainable linear layer."""
    nodes = [call("linear.default", "v0", input="%x", weight="%w")]
    for index, (name, arguments) in enumerate(steps):
        overload = _OVERLOADS.get(name, "default")
        nodes.append(call(f"{name}.{overload}", f"v{index + 1}", self=f"%v{index}", **arguments))
    nodes.append(call("mse_loss.default", "loss", self=f"%v{len(steps)}", target="%y"))
    tensors = {name: tensor(4, 4) for name in ("x", "y", *(f"v{index}" for index in range(len(steps) + 1)))}
    tensors |= {"w": tensor(4, 4, grad=True), "loss": tensor()}
    return archived(program(nodes, tensors, ["loss"], {"w": "layer.weight"}))


def hazards(data: bytes) -> list[str]:
    report = lint(data, filename="net.pt2")
    return [finding.message for finding in report.findings if finding.rule == "in-place-hazard"]


@pytest.mark.parametrize("name", STEPS)
def test_what_backward_needs_must_not_be_overwritten(name: str) -> None:
    assert bool(hazards(archive_of(STEPS[name]))) == (name in STOPS)


def test_the_message_names_both_ends() -> None:
    (message,) = hazards(archive_of(STEPS["sigmoid, then add_"]))
    assert message == (
        "add `v2` overwrites the output of sigmoid `v1`, which is needed again for its gradient: backward() stops with "
        '"modified by an inplace operation"'
    )


@pytest.mark.parametrize("name", STEPS)
def test_pytorch_says_the_same(name: str) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    weight = torch.ones(4, 4, requires_grad=True)
    value = torch.nn.functional.linear(torch.ones(4, 4), weight)
    for operator, arguments in STEPS[name]:
        run: Callable[..., Any] = getattr(getattr(torch.ops.aten, operator), _OVERLOADS.get(operator, "default"))
        value = run(value, *arguments.values())
    if not value.requires_grad:
        return
    stopped = ""
    try:
        value.sum().backward()
    except RuntimeError as error:
        stopped = str(error)
    assert ("modified by an inplace operation" in stopped) == (name in STOPS)


def test_attributes_of_one_call_stay_with_it(tmp_path: Path) -> None:
    nodes = [
        call("add_.Tensor", "one", self="%x", other="%x"),
        call("add.Tensor", "two", self="%one", other="%y"),
    ]
    tensors = {name: tensor(4) for name in ("x", "y", "one", "two")}
    path = tmp_path / "net.pt2"
    path.write_bytes(archived(program(nodes, tensors, ["two"])))
    (model,) = load(str(path))
    written = {node.name: "inplace" in node.attrs for node in model.nodes if node.op == "Add"}
    assert written == {"one": True, "two": False}
