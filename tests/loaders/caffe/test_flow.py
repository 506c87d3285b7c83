"""Layers of the optical-flow forks: their shapes and what they refuse."""

from __future__ import annotations

import pytest

from netlint.api import shapes
from netlint.model import UNKNOWN
from tests.nets import model, node, told

MAPS = """input: "a" input_shape { dim: 1 dim: 64 dim: 32 dim: 48 }
input: "b" input_shape { dim: 1 dim: 64 dim: 32 dim: 48 }
input: "flow" input_shape { dim: 1 dim: 2 dim: 16 dim: 24 }
input: "full" input_shape { dim: 1 dim: 2 dim: 32 dim: 48 }
"""


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        # FlowNet 2's own settings: a 441-channel volume of the same size.
        (
            'type: "Correlation" bottom: "a" bottom: "b" correlation_param '
            "{ pad: 20 kernel_size: 1 max_displacement: 20 stride_1: 1 stride_2: 2 }",
            (1, 441, 32, 48),
        ),
        # ceil((32 + 2*3 - 2*(3 + 1)) / 2), likewise along the width.
        (
            'type: "Correlation" bottom: "a" bottom: "b" correlation_param '
            "{ pad: 3 kernel_size: 3 max_displacement: 3 stride_1: 2 stride_2: 1 }",
            (1, 49, 15, 23),
        ),
        ('type: "Warp" bottom: "a" bottom: "flow"', (1, 64, 16, 24)),
        ('type: "FlowWarp" bottom: "a" bottom: "full"', (1, 64, 32, 48)),
        ('type: "Downsample" bottom: "a" bottom: "flow"', (1, 64, 16, 24)),
        ('type: "Downsample" bottom: "a" downsample_param { top_height: 4 top_width: 6 }', (1, 64, 4, 6)),
        ('type: "Resample" bottom: "flow" resample_param { height: 64 width: 96 type: LINEAR }', (1, 2, 64, 96)),
        ('type: "Resample" bottom: "flow" bottom: "a" resample_param { type: NEAREST }', (1, 2, 32, 48)),
        ('type: "Interp" bottom: "flow" bottom: "a"', (1, 2, 32, 48)),
        ('type: "ChannelNorm" bottom: "a"', (1, 1, 32, 48)),
        ('type: "Grid" bottom: "a"', (1, 2, 32, 48)),
        ('type: "NegSquare" bottom: "a"', (1, 64, 32, 48)),
        ('type: "ExpMax" bottom: "a"', (1, 64, 32, 48)),
        ('type: "Yolov3DetectionOutput" bottom: "a"', (1, 1, UNKNOWN, 7)),
        ('type: "YoloDetectionOutput" bottom: "a"', (1, 1, UNKNOWN, 7)),
    ],
)
def test_shapes(layer: str, shape: tuple[object, ...]) -> None:
    found = model(f'{MAPS}layer {{ name: "x" {layer} top: "x" }}')
    assert shapes(found)[node(found, "x").outputs[0]] == shape


@pytest.mark.parametrize(
    ("layer", "rule", "message"),
    [
        (
            'type: "Correlation" bottom: "a" bottom: "flow" correlation_param { kernel_size: 1 max_displacement: 2 }',
            "merge-shape-mismatch",
            "Correlation `x` compares two maps pixel by pixel, but its inputs 1x64x32x48 and 1x2x16x24 differ in their "
            "channels",
        ),
        (
            'type: "Correlation" bottom: "a" bottom: "b" correlation_param { kernel_size: 2 max_displacement: 2 }',
            "invalid-geometry",
            "Correlation `x` has a kernel_size of 2: Caffe wants an odd one, with a middle",
        ),
        (
            'type: "Correlation" bottom: "a" bottom: "b" correlation_param { kernel_size: 1 }',
            "invalid-geometry",
            "Correlation `x` has no max_displacement: Caffe stops here",
        ),
        (
            'type: "Correlation" bottom: "a" bottom: "b" correlation_param { kernel_size: 1 max_displacement: 16 }',
            "spatial-collapse",
            "Correlation `x` looks 16 pixels each way, and of 1x64x32x48 nothing is left inside that border",
        ),
        (
            'type: "Warp" bottom: "a" bottom: "b"',
            "channel-mismatch",
            "Warp `x` takes a field of 2 channels, along x and along y, but gets 1x64x32x48",
        ),
        (
            'type: "FlowWarp" bottom: "a" bottom: "flow"',
            "merge-shape-mismatch",
            "FlowWarp `x` moves pixels along a field, but its inputs 1x64x32x48 and 1x2x16x24 differ in their height",
        ),
        (
            'type: "Downsample" bottom: "a"',
            "invalid-geometry",
            "Downsample `x` has no `top_height` and `top_width`, nor a second bottom whose size it takes: Caffe stops here",
        ),
    ],
)
def test_refusals(layer: str, rule: str, message: str) -> None:
    assert told(f'{MAPS}layer {{ name: "x" {layer} top: "x" }}', rule)[0][3] == message
