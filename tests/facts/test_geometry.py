"""Where values lie on each other, and how much of a window is input: checked by hand and with FCN's published offsets."""

from __future__ import annotations

import pytest

from netlint.api import lint, load
from netlint.engine.store import FactStore
from netlint.facts import Geometry
from tests.nets import model, node, told

SIZE = 'input: "data" input_shape { dim: 1 dim: 3 dim: %d dim: %d }\n'


def conv(name: str, bottom: str, fields: str, kind: str = "Convolution") -> str:
    return (
        f'layer {{ name: "{name}" type: "{kind}" bottom: "{bottom}" top: "{name}"\n'
        f'  convolution_param {{ num_output: 4 weight_filler {{ type: "xavier" }} {fields} }} }}\n'
        f'layer {{ name: "{name}_relu" type: "ReLU" bottom: "{name}" top: "{name}" }}\n'
    )


def pool(name: str, bottom: str) -> str:
    return (
        f'layer {{ name: "{name}" type: "Pooling" bottom: "{bottom}" top: "{name}" '
        "pooling_param { kernel_size: 2 stride: 2 } }\n"
    )


def crop(cut: str, like: str, offset: str) -> str:
    return f'layer {{ name: "crop" type: "Crop" bottom: "{cut}" bottom: "{like}" top: "crop"\n  crop_param {{ {offset} }} }}\n'


def geometry(text: str) -> Geometry:
    return FactStore(model(text)).get(Geometry)


def fcn(strides: tuple[int, ...], like: str, tail: str = "") -> str:
    """The spatial skeleton of FCN on VGG: 100 pixels of padding, five poolings, a 7x7 and an enlargement at a time."""
    text = SIZE % (500, 500) + conv("conv1", "data", "kernel_size: 3 pad: 100") + pool("pool1", "conv1")
    for stage in range(2, 6):
        text += conv(f"conv{stage}", f"pool{stage - 1}", "kernel_size: 3 pad: 1") + pool(f"pool{stage}", f"conv{stage}")
    text += conv("up0", "pool5", "kernel_size: 7")
    for index, stride in enumerate(strides, start=1):
        text += conv(f"up{index}", f"up{index - 1}", f"kernel_size: {2 * stride} stride: {stride}", "Deconvolution")
    return text + tail + crop(f"up{len(strides)}", like, "axis: 2 offset: 0")


def aligned(text: str) -> object:
    found = model(text)
    return FactStore(found).get(Geometry).aligned_offsets(node(found, "crop"))


def test_fcn_32s_is_cut_at_19() -> None:
    assert aligned(fcn((32,), "data")) == (19, 19)


def test_the_skip_of_fcn_16s_is_cut_at_5() -> None:
    """score_pool4 is cut like the enlarged scores."""
    text = fcn((2,), "data").rpartition('layer { name: "crop"')[0]
    assert aligned(text + conv("score_pool4", "pool4", "kernel_size: 1") + crop("score_pool4", "up1", "axis: 2")) == (
        5,
        5,
    )


def test_a_crop_in_between_moves_what_follows() -> None:
    """FCN-16s: the fused map lies where the skip was cut, and its enlargement is cut at 27."""
    text = fcn((2,), "data").rpartition('layer { name: "crop"')[0]
    text += conv("score_pool4", "pool4", "kernel_size: 1")
    text += crop("score_pool4", "up1", "axis: 2 offset: 5").replace('"crop"', '"cut4"')
    text += 'layer { name: "fuse" type: "Eltwise" bottom: "up1" bottom: "cut4" top: "fuse" }\n'
    text += conv("up16", "fuse", "kernel_size: 32 stride: 16", "Deconvolution")
    assert aligned(text + crop("up16", "data", "axis: 2")) == (27, 27)


@pytest.mark.parametrize(
    "between",
    [
        'layer { name: "x" type: "Python" bottom: "data" top: "x" }\n',
        'layer { name: "x" type: "MyLayer" bottom: "data" top: "x" }\n',
        'layer { name: "x" type: "Reshape" bottom: "data" top: "x" reshape_param { shape { dim: 1 dim: 3 dim: 64 dim: 64 } } }\n',
        conv("x", "data", "kernel_size: 2 stride: 2"),
    ],
    ids=["user code", "unknown type", "reshape", "another scale"],
)
def test_what_cannot_be_followed_is_not_guessed(between: str) -> None:
    assert aligned(SIZE % (64, 64) + between + crop("x", "data", "axis: 2 offset: 7")) is None


def test_branches_that_lie_differently_have_no_common_place() -> None:
    text = SIZE % (64, 64) + conv("a", "data", "kernel_size: 3 pad: 1") + conv("b", "data", "kernel_size: 2 pad: 1")
    text += crop("b", "a", "axis: 2 offset: 1").replace('"crop"', '"cut"')
    text += 'layer { name: "sum" type: "Eltwise" bottom: "a" bottom: "cut" top: "sum" }\n'
    assert aligned(text + crop("sum", "data", "axis: 2")) is None


def test_height_and_width_are_two_axes() -> None:
    text = SIZE % (64, 64) + conv("a", "data", "kernel_h: 3 kernel_w: 5 pad_h: 4 pad_w: 4")
    assert aligned(text + crop("a", "data", "axis: 2 offset: 3 offset: 2")) == (3, 2)
    assert told(text + crop("a", "data", "axis: 2 offset: 2 offset: 2"), "crop-offset-misaligned") == [
        (
            "crop-offset-misaligned",
            6,
            32,
            "Crop `crop` cuts `a` at offset 2, but by the strides and paddings of the layers between, `data` lies at 3, 2: "
            "the two are joined shifted against each other",
        )
    ]
    assert told(text + crop("a", "data", "axis: 2 offset: 3 offset: 2"), "crop-offset-misaligned") == []


def test_a_crop_without_parameters_finds_its_offset_itself_in_old_forks() -> None:
    text = SIZE % (64, 64) + conv("a", "data", "kernel_size: 3 pad: 2")
    bare = 'layer { name: "crop" type: "Crop" bottom: "a" bottom: "data" top: "crop" }\n'
    assert told(text + bare, "crop-offset-misaligned") == []


@pytest.mark.parametrize(
    ("size", "fields", "real", "blank"),
    [
        (8, "kernel_size: 3", 1.0, 0.0),
        (1, "kernel_size: 3 pad: 1", 1 / 9, 0.0),
        (2, "kernel_size: 3 pad: 1", 4 / 9, 0.0),
        (2, "kernel_size: 1 pad: 1", 4 / 16, 12 / 16),
        (4, "kernel_size: 3 pad: 6 dilation: 6", 1 / 9, 0.0),
    ],
)
def test_shares_of_the_window(size: int, fields: str, real: float, blank: float) -> None:
    found = model(SIZE % (size, size) + conv("c", "data", fields))
    fact = FactStore(found).get(Geometry)
    assert fact.real_share(node(found, "c")) == pytest.approx(real)
    assert fact.blank_share(node(found, "c")) == pytest.approx(blank)


def test_shares_are_unknown_without_a_size() -> None:
    found = model(conv("c", "data", "kernel_size: 3 pad: 1"))
    fact = FactStore(found).get(Geometry)
    assert fact.real_share(node(found, "c")) is None
    assert fact.blank_share(node(found, "c")) is None


def test_heads_side_by_side_on_one_pixel_are_a_detectors() -> None:
    heads = conv("loc", "data", "kernel_size: 3 pad: 1") + conv("conf", "data", "kernel_size: 3 pad: 1")
    assert geometry(SIZE % (1, 1) + heads).collapsed == []


def test_a_stride_that_a_sibling_makes_good_is_silent() -> None:
    text = SIZE % (32, 32) + conv("a", "data", "kernel_size: 3 pad: 1")
    gap = conv("b", "a", "kernel_size: 1 stride: 2")
    assert [entry[:3] for entry in told(text + gap, "stride-gap")] == [("stride-gap", 6, 93)]
    shortcut = conv("c", "a", "kernel_size: 3 pad: 1 stride: 2")
    assert told(text + gap + shortcut, "stride-gap") == []


def test_a_deep_chain_of_crops_takes_linear_time() -> None:
    text = SIZE % (64, 64)
    bottom = "data"
    for index in range(1500):
        text += conv(f"c{index}", bottom, "kernel_size: 3 pad: 2")
        text += crop(f"c{index}", bottom, "axis: 2 offset: 1").replace('"crop"', f'"x{index}"')
        bottom = f"x{index}"
    assert lint(text, filename="net.prototxt", select=("crop-offset-misaligned",)).findings == []
    assert len(load(text, filename="net.prototxt")) == 2
