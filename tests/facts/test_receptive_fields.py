"""Receptive fields: as the formula gives them, and unknown across everything else."""

from __future__ import annotations

import pytest

from netlint.engine.store import FactStore
from netlint.facts import Reach, ReceptiveFields
from tests.nets import model, node

DATA = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }'


def conv(name: str, bottom: str, options: str) -> str:
    return (
        f'layer {{ name: "{name}" type: "Convolution" bottom: "{bottom}" top: "{name}" '
        f"convolution_param {{ num_output: 4 {options} }} }}"
    )


def fields(text: str, name: str) -> tuple[Reach, ...] | None:
    net = model(f"{DATA}\n{text}")
    return FactStore(net).get(ReceptiveFields)[node(net, name).outputs[0]]


def test_windows_widen_by_the_stride_below() -> None:
    text = "\n".join([
        conv("a", "data", "kernel_h: 7 kernel_w: 3 stride: 2 pad: 1"),
        'layer { name: "r" type: "ReLU" bottom: "a" top: "a" }',
        'layer { name: "p" type: "Pooling" bottom: "a" top: "p" pooling_param { kernel_size: 3 stride: 2 } }',
        conv("b", "p", "kernel_size: 3 dilation: 2"),
    ])  # fmt: skip
    assert fields(text, "a") == (Reach(7, 2), Reach(3, 2))
    assert fields(text, "p") == (Reach(11, 4), Reach(7, 4))
    assert fields(text, "b") == (Reach(27, 4), Reach(23, 4))


def test_a_join_sees_what_its_widest_branch_sees() -> None:
    branches = "\n".join([conv("a", "data", "kernel_size: 1"), conv("b", "data", "kernel_size: 5 pad: 2")])
    text = f'{branches}\nlayer {{ name: "s" type: "Eltwise" bottom: "a" bottom: "b" top: "s" }}'
    assert fields(text, "s") == (Reach(5, 1), Reach(5, 1))
    assert fields(text.replace("pad: 2", "pad: 2 stride: 2"), "s") is None


@pytest.mark.parametrize(
    "layer",
    [
        'layer { name: "x" type: "InnerProduct" bottom: "a" top: "x" inner_product_param { num_output: 4 } }',
        'layer { name: "x" type: "Deconvolution" bottom: "a" top: "x" convolution_param { num_output: 4 kernel_size: 2 } }',
        'layer { name: "x" type: "Softmax" bottom: "a" top: "x" softmax_param { axis: 2 } }',
        'layer { name: "x" type: "SomebodysOwn" bottom: "a" top: "x" }',
        'layer { name: "x" type: "Pooling" bottom: "a" top: "x" pooling_param { pool: AVE global_pooling: true } }',
    ],
)
def test_nothing_is_said_across_what_mixes_positions(layer: str) -> None:
    assert fields(f"{conv('a', 'data', 'kernel_size: 3')}\n{layer}", "x") is None


def test_an_input_has_none() -> None:
    assert fields(conv("a", "data", "kernel_size: 3"), "data") is None
