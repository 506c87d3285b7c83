"""Squeeze-and-excitation gates: how they start, and what pulls them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netlint import lint
from netlint.finding import Finding


def block(*, shortcut: bool = False, squash: str = "sigmoid", apart: bool = False, **excite: Any) -> str:
    """A gated convolution; its gate stands on line 5. `apart` makes its sigmoid a layer of its own."""
    layers: list[tuple[str, str, list[str], dict[str, Any]]] = [
        ("InputLayer", "image", [], {"batch_shape": [None, 16, 16, 32]}),
        ("Conv2D", "conv", ["image"], {"filters": 32, "kernel_size": [3, 3], "padding": "same", "activation": "relu"}),
        ("GlobalAveragePooling2D", "pool", ["conv"], {"keepdims": True}),
        ("Dense", "squeeze", ["pool"], {"units": 8, "activation": "relu"}),
        ("Dense", "excite", ["squeeze"], {"units": 32, "activation": "linear" if apart else squash, **excite}),
        ("Activation", "squash", ["excite"], {"activation": squash}),
        ("Multiply", "gated", ["conv", "squash" if apart else "excite"], {}),
        ("Add", "sum", ["gated", "image"], {}),
        ("GlobalAveragePooling2D", "top", ["sum" if shortcut else "gated"], {}),
        ("Dense", "classes", ["top"], {"units": 10, "activation": "softmax"}),
    ]
    lines = []
    for kind, name, sources, config in layers:
        if (name == "squash" and not apart) or (name == "sum" and not shortcut):
            continue
        tensors = [{"class_name": "__keras_tensor__", "config": {"keras_history": [one, 0, 0]}} for one in sources]
        args = [tensors if len(tensors) > 1 else tensors[0]] if tensors else []
        nodes = [{"args": args, "kwargs": {}}] if args else []
        layer = {"class_name": kind, "name": name, "config": {"name": name, **config}, "inbound_nodes": nodes}
        lines.append(json.dumps(layer))
    return (
        '{"class_name": "Functional", "config": {"name": "gated", "layers": [' + ",\n".join(lines)
        + '], "input_layers": [["image", 0, 0]], "output_layers": [["classes", 0, 0]]},\n'
        + '"compile_config": {"optimizer": "adam", "loss": "categorical_crossentropy"}}\n'
    )  # fmt: skip


def found(**arguments: Any) -> list[Finding]:
    return list(lint(block(**arguments), filename="net.json").findings)


def constant(value: float) -> dict[str, object]:
    return {"class_name": "Constant", "config": {"value": value}}


def penalty(kind: str, **config: float) -> dict[str, object]:
    return {"class_name": kind, "config": config}


def test_an_ordinary_gate() -> None:
    assert found() == []
    assert found(shortcut=True, squash="hard_sigmoid") == []


def test_a_gate_that_starts_closed() -> None:
    (one,) = found(bias_initializer=constant(-6))
    assert (one.rule, one.severity, one.line, one.node) == ("gate-starts-closed", "warning", 5, "excite")
    assert one.message == (
        "the bias of Dense `excite` starts at -6, so sigmoid of Dense `excite` starts at about 0.002 for every channel: "
        "Multiply `gated` lets next to nothing through, and next to no gradient back"
    )


def test_a_hard_gate_is_shut_for_good() -> None:
    (one,) = found(bias_initializer=constant(-3), squash="hard_sigmoid")
    assert "hard_sigmoid of Dense `excite` starts at about 0 for every channel" in one.message


@pytest.mark.parametrize("start", [-2.0, 0.0, 3.0])
def test_gates_that_are_open_enough(start: float) -> None:
    assert found(bias_initializer=constant(start)) == []


def test_beside_a_shortcut_it_may_start_closed_if_it_can_open() -> None:
    assert found(bias_initializer=constant(-5), shortcut=True) == []
    assert [one.rule for one in found(bias_initializer=constant(-10), shortcut=True)] == ["gate-starts-closed"]


@pytest.mark.parametrize(("kind", "config"), [("L2", {"l2": 0.01}), ("L1", {"l1": 0.01})])
def test_a_penalty_pulls_the_gate_shut(kind: str, config: dict[str, float]) -> None:
    (one,) = found(activity_regularizer=penalty(kind, **config))
    assert (one.rule, one.severity, one.line) == ("gate-regularised-shut", "warning", 5)
    assert one.message == (
        f"an {kind.lower()} penalty pulls sigmoid of Dense `excite` towards 0, so that Multiply `gated` lets nothing through: a "
        "sigmoid only comes there as its input goes to minus infinity, where no gradient is left to open it again"
    )


def test_a_penalty_of_the_users_own() -> None:
    function = {"module": "builtins", "class_name": "function", "config": "near_one", "registered_name": "function"}
    (one,) = found(activity_regularizer=function)
    assert (one.rule, one.severity) == ("gate-regularised-shut", "info")
    assert one.message.startswith("near_one pulls sigmoid of Dense `excite` towards a value that the file does not say")


def test_a_penalty_on_what_the_sigmoid_reads_keeps_it_half_open() -> None:
    assert found(activity_regularizer=penalty("L2", l2=0.01), apart=True) == []
    assert found(kernel_regularizer=penalty("L2", l2=0.01)) == []
