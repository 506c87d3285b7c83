"""CHECKs that one layer breaks by its fields alone, and transformations that are refused or ignored."""

from __future__ import annotations

import pytest

from tests.nets import report

DATA = 'input: "data" input_shape { dim: 2 dim: 4 dim: 8 dim: 8 }\ninput: "x" input_shape { dim: 2 dim: 4 dim: 8 dim: 8 }\n'


def told(text: str) -> list[tuple[str, int, int, str]]:
    """What is worse than information."""
    return [
        (found.rule, found.line, found.column, found.message)
        for found in report(text).findings
        if found.severity != "info"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'layer { name: "d" type: "Data" top: "data" top: "label" data_param { batch_size: 2 } transform_param { mean_file: "a" mean_value: 3 } }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    131,
                    "Data `d` subtracts both a `mean_file` and a `mean_value`: Caffe stops here",
                )
            ],
        ),
        (
            'layer { name: "d" type: "ImageData" top: "data" top: "label" image_data_param { batch_size: 2 source: "x" } transform_param { mean_value: 1 mean_value: 2 } }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    139,
                    "ImageData `d` gives 2 `mean_value`, but its images have 3 channels: Caffe wants one for all or one for each",
                )
            ],
        ),
        (
            'layer { name: "d" type: "ImageData" top: "data" top: "label" image_data_param { batch_size: 2 source: "x" new_height: 10 new_width: 30 } transform_param { crop_size: 20 } }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    167,
                    "ImageData `d` cuts 20x20 pixels out of images of 10x30: Caffe stops at the first one",
                )
            ],
        ),
        (
            'layer { name: "d" type: "ImageData" top: "data" top: "label" image_data_param { batch_size: 2 source: "x" new_height: 10 }  }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    119,
                    "ImageData `d` gives `new_height` without `new_width`: Caffe wants both or neither, and stops",
                )
            ],
        ),
        (
            'layer { name: "d" type: "Data" top: "data" top: "label" data_param { batch_size: 2 scale: 0.00390625 }  }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    84,
                    "Data `d` gives `scale` in `data_param`, where today's format never reads it: the data is not transformed",
                )
            ],
        ),
        (
            'layer { name: "d" type: "ImageData" top: "data" top: "label" image_data_param { batch_size: 2 source: "x" mirror: true crop_size: 5 }  }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    107,
                    "ImageData `d` gives `mirror` in `image_data_param`, where today's format never reads it: the data is not transformed",
                ),
                (
                    "data-transform-unsupported",
                    1,
                    120,
                    "ImageData `d` gives `crop_size` in `image_data_param`, where today's format never reads it: the data is not transformed",
                ),
            ],
        ),
        (
            'layer { name: "d" type: "WindowData" top: "data" top: "label" window_data_param { batch_size: 2 source: "x" }  }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    15,
                    "WindowData `d` has no `crop_size` in `transform_param`, the size that it brings its windows to: Caffe stops here",
                )
            ],
        ),
        (
            'layer { name: "d" type: "WindowData" top: "data" top: "label" window_data_param { batch_size: 2 source: "x" crop_size: 227 }  }',
            [
                (
                    "data-transform-unsupported",
                    1,
                    120,
                    "WindowData `d` has no `crop_size` in `transform_param`, the size that it brings its windows to: Caffe stops here",
                )
            ],
        ),
        (
            'layer { name: "d" type: "MemoryData" top: "data" top: "label" memory_data_param { batch_size: 2 channels: 3 height: 8 }  }',
            [("invalid-geometry", 1, 63, "MemoryData `d` has no `width`: Caffe wants at least 1")],
        ),
        (
            DATA
            + 'layer { name: "n" type: "InnerProduct" bottom: "data" top: "y" propagate_down: true propagate_down: false inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }',
            [
                (
                    "bottom-count",
                    3,
                    80,
                    "InnerProduct `n` gives 2 `propagate_down` for 1 bottom: Caffe wants one for each or none, and stops",
                )
            ],
        ),
        (
            DATA
            + 'layer { name: "n" type: "InnerProduct" bottom: "data" top: "y" loss_weight: 1 loss_weight: 2 inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }',
            [
                (
                    "bottom-count",
                    3,
                    77,
                    "InnerProduct `n` gives 2 `loss_weight` for 1 top: Caffe wants one for each or none, and stops",
                )
            ],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Concat" bottom: "data" bottom: "x" top: "y" concat_param { axis: 1 concat_dim: 1 } }',
            [
                (
                    "invalid-geometry",
                    3,
                    91,
                    "Concat `n` gives both `axis` and `concat_dim`, which mean the same: Caffe stops here",
                )
            ],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Slice" bottom: "data" top: "y" top: "z" slice_param { axis: 1 slice_dim: 1 } }',
            [
                (
                    "invalid-geometry",
                    3,
                    86,
                    "Slice `n` gives both `axis` and `slice_dim`, which mean the same: Caffe stops here",
                )
            ],
        ),
        (
            DATA + 'layer { name: "n" type: "Eltwise" bottom: "data" bottom: "x" top: "y" eltwise_param { coeff: 1 } }',
            [
                (
                    "bottom-count",
                    3,
                    94,
                    "Eltwise `n` gives 1 `coeff` for 2 bottoms: Caffe wants one for each or none, and stops",
                )
            ],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Eltwise" bottom: "data" bottom: "x" top: "y" eltwise_param { operation: PROD coeff: 1 coeff: 1 } }',
            [
                (
                    "invalid-geometry",
                    3,
                    110,
                    "Eltwise `n` multiplies, and takes `coeff` only when it sums: Caffe stops here",
                )
            ],
        ),
        (
            'layer { name: "i" type: "Input" top: "a" top: "b" top: "c" input_param { shape { dim: 1 } shape { dim: 2 } } }',
            [
                (
                    "invalid-geometry",
                    1,
                    74,
                    "Input `i` gives 2 shapes for 3 tops: Caffe wants one for all or one for each",
                )
            ],
        ),
        (
            'layer { name: "i" type: "DummyData" top: "a" top: "b" }',
            [
                (
                    "invalid-geometry",
                    1,
                    15,
                    "DummyData `i` gives 0 shapes for 2 tops: Caffe wants one for all or one for each",
                )
            ],
        ),
        (
            'layer { name: "i" type: "DummyData" top: "a" dummy_data_param { shape { dim: 1 } num: 1 channels: 1 height: 1 width: 1 } }',
            [("invalid-geometry", 1, 87, "DummyData `i` gives both `shape` and `num`: Caffe stops here")],
        ),
        (
            'layer { name: "i" type: "DummyData" top: "a" top: "b" top: "c" dummy_data_param { num: 1 num: 2 channels: 1 height: 1 width: 1 } }',
            [
                (
                    "invalid-geometry",
                    1,
                    88,
                    "DummyData `i` gives 2 `num` for 3 tops: Caffe wants one for all or one for each",
                )
            ],
        ),
        (
            'layer { name: "i" type: "DummyData" top: "a" dummy_data_param { num: 1 channels: 1 } }',
            [
                (
                    "invalid-geometry",
                    1,
                    46,
                    "DummyData `i` gives 0 `height` for 1 top: Caffe wants one for all or one for each",
                )
            ],
        ),
        (
            'layer { name: "i" type: "DummyData" top: "a" top: "b" top: "c" dummy_data_param { shape { dim: 1 } data_filler { } data_filler { } } }',
            [
                (
                    "invalid-geometry",
                    1,
                    100,
                    "DummyData `i` gives 2 `data_filler` for 3 tops: Caffe wants none, one for all or one for each",
                )
            ],
        ),
        (
            'layer { name: "i" type: "DummyData" top: "a" dummy_data_param { shape { dim: 1 } data_filler { type: "foo" } } }',
            [("unknown-filler", 1, 102, 'Caffe has no filler "foo": it stops with "Unknown filler name"')],
        ),
        (
            DATA + 'layer { name: "n" type: "Exp" bottom: "data" top: "y" exp_param { base: 0 } }',
            [("invalid-geometry", 3, 73, "Exp `n` has the base 0: Caffe wants one above 0, or -1 for e")],
        ),
        (
            DATA + 'layer { name: "n" type: "Log" bottom: "data" top: "y" log_param { base: -2 } }',
            [("invalid-geometry", 3, 73, "Log `n` has the base -2: Caffe wants one above 0, or -1 for e")],
        ),
        (
            DATA + 'layer { name: "n" type: "Log" bottom: "data" top: "y" log_param { base: 1 } }',
            [("invalid-geometry", 3, 73, "Log `n` has the base 1: every logarithm to it is infinite, and Caffe stops")],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Deconvolution" bottom: "data" top: "y" convolution_param { num_output: 4 group: 4 kernel_h: 3 kernel_w: 5 weight_filler { type: "bilinear" } } }',
            [
                (
                    "bilinear-filler-misuse",
                    3,
                    154,
                    "the bilinear filler of Deconvolution `n` needs square kernels of two axes: Caffe stops here",
                )
            ],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Deconvolution" bottom: "data" top: "y" convolution_param { num_output: 4 group: 4 kernel_size: 4 stride: 2 weight_filler { type: "bilinear" } bias_filler { type: "bilinear" } } }',
            [
                (
                    "bilinear-filler-misuse",
                    3,
                    155,
                    "the bilinear filler of Deconvolution `n` needs square kernels of two axes: Caffe stops here",
                )
            ],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Scale" bottom: "data" top: "y" scale_param { filler { type: "bilinear" } } }',
            [
                (
                    "bilinear-filler-misuse",
                    3,
                    86,
                    "the bilinear filler of Scale `n` needs square kernels of two axes: Caffe stops here",
                )
            ],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Embed" bottom: "data" top: "y" embed_param { num_output: 3 input_dim: 5 weight_filler { type: "bilinear" } } }',
            [
                (
                    "bilinear-filler-misuse",
                    3,
                    120,
                    "the bilinear filler of Embed `n` needs square kernels of two axes: Caffe stops here",
                )
            ],
        ),
        (
            'input: "data" input_shape { dim: 1024 dim: 64 dim: 1024 dim: 1024 }\nlayer { name: "n" type: "ReLU" bottom: "data" top: "y"  }',
            [
                (
                    "blob-too-large",
                    1,
                    8,
                    'Input `input` is too large: its output `data` is 1024x64x1024x1024, 6.87e+10 elements, and Caffe stops with "blob size exceeds INT_MAX" beyond 2.15e+09',
                )
            ],
        ),
        (
            'input: "data" input_shape { dim: 1024 dim: 3 dim: 1024 dim: 1024 }\nlayer { name: "n" type: "Convolution" bottom: "data" top: "y" convolution_param { num_output: 64 kernel_size: 1 weight_filler { type: "xavier" } } }',
            [
                (
                    "blob-too-large",
                    1,
                    8,
                    'Input `input` is too large: its output `data` is 1024x3x1024x1024, 3.22e+09 elements, and Caffe stops with "blob size exceeds INT_MAX" beyond 2.15e+09',
                )
            ],
        ),
        (
            'input: "data" input_shape { dim: 1 dim: 30 dim: 1024 dim: 1024 }\nlayer { name: "n" type: "InnerProduct" bottom: "data" top: "y" inner_product_param { num_output: 4096 weight_filler { type: "xavier" } } }',
            [
                (
                    "blob-too-large",
                    2,
                    15,
                    'InnerProduct `n` is too large: its weight is 4096x31457280, 1.29e+11 elements, and Caffe stops with "blob size exceeds INT_MAX" beyond 2.15e+09',
                )
            ],
        ),
        (
            'input: "data" input_shape { dim: -1 dim: 3 }\nlayer { name: "n" type: "ReLU" bottom: "data" top: "y"  }',
            [
                (
                    "invalid-geometry",
                    1,
                    34,
                    "Input `input` has a dimension of -1: Caffe stops, because no blob has one below 0",
                )
            ],
        ),
        (
            'input: "data" input_shape { dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 dim: 1 }\nlayer { name: "n" type: "ReLU" bottom: "data" top: "y"  }',
            [("invalid-geometry", 1, 258, "Input `input` has a shape of 33 axes: Caffe takes 32 at most")],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Embed" bottom: "data" top: "y" embed_param { num_output: 3 weight_filler { type: "xavier" } } }',
            [("invalid-geometry", 3, 57, "Embed `n` has no `input_dim`: Caffe wants at least 1")],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Embed" bottom: "data" top: "y" embed_param { input_dim: 3 weight_filler { type: "xavier" } } }',
            [("invalid-geometry", 3, 57, "Embed `n` has no `num_output`: Caffe wants at least 1")],
        ),
        (
            DATA + 'layer { name: "n" type: "Tile" bottom: "data" top: "y"  }',
            [("invalid-geometry", 3, 15, "Tile `n` has no `tiles`: Caffe wants at least 1")],
        ),
        (
            DATA + 'layer { name: "n" type: "Tile" bottom: "data" top: "y" tile_param { tiles: 0 } }',
            [("invalid-geometry", 3, 76, "Tile `n` has a `tiles` of 0: Caffe wants at least 1")],
        ),
        (
            DATA + 'layer { name: "n" type: "Tile" bottom: "data" top: "y" tile_param { tiles: -1 } }',
            [("invalid-geometry", 3, 76, "Tile `n` has a `tiles` of -1: Caffe wants at least 1")],
        ),
        (
            DATA
            + 'input: "l" input_shape { dim: 2 }\nlayer { name: "ip" type: "InnerProduct" bottom: "data" top: "y" inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }layer { name: "n" type: "InfogainLoss" bottom: "y" bottom: "l" top: "loss" loss_param { normalize: true } infogain_loss_param { source: "h" } }',
            [
                (
                    "param-not-for-type",
                    4,
                    236,
                    "InfogainLoss `n` does not take `normalize`, which is outdated: Caffe stops here",
                )
            ],
        ),
        (
            DATA
            + 'input: "l" input_shape { dim: 2 }\nlayer { name: "ip" type: "InnerProduct" bottom: "data" top: "y" inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }layer { name: "n" type: "InfogainLoss" bottom: "y" bottom: "l" top: "loss"  }',
            [
                (
                    "bottom-count",
                    4,
                    161,
                    "InfogainLoss `n` has no matrix: Caffe wants it as a third `bottom` or as `source`, and stops",
                )
            ],
        ),
        (
            DATA
            + 'input: "sel" input_shape { dim: 2 dim: 1 }\nlayer { name: "n" type: "Filter" bottom: "data" bottom: "x" bottom: "sel" top: "y"  }',
            [("bottom-count", 4, 80, "Filter `n` filters 2 bottoms by its last one, but has 1 top: Caffe stops here")],
        ),
        (
            DATA
            + 'layer { name: "n" type: "Pooling" bottom: "data" top: "y" pooling_param { pool: STOCHASTIC kernel_size: 3 pad: 1 } }',
            [
                (
                    "invalid-geometry",
                    3,
                    112,
                    "Pooling `n` pools at random, for which Caffe has no padding: it stops here",
                )
            ],
        ),
    ],
)
def test_what_caffe_refuses_is_told_at_the_field(text: str, expected: list[tuple[str, int, int, str]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        'layer { name: "d" type: "Data" top: "d" data_param { batch_size: 2 scale: 1 mirror: false } }',
        'layer { name: "d" type: "ImageData" top: "d" top: "l" image_data_param { batch_size: 2 source: "x" new_height: 9 '
        "new_width: 9 } transform_param { crop_size: 9 mean_value: 1 mean_value: 2 mean_value: 3 } }",
        'layers { name: "d" type: WINDOW_DATA top: "d" top: "l" window_data_param { batch_size: 2 crop_size: 227 mirror: true } }',
        'layer { name: "d" type: "DummyData" top: "a" top: "b" dummy_data_param { shape { dim: 3 } data_filler { type: "gaussian" } } }',
        'layer { name: "i" type: "Input" top: "a" top: "b" }',
        DATA + 'layer { name: "n" type: "Log" bottom: "data" top: "y" log_param { base: 2 } }',
        DATA + 'layer { name: "n" type: "Exp" bottom: "data" top: "y" exp_param { base: 1 } }',
        DATA
        + 'layer { name: "n" type: "Eltwise" bottom: "data" bottom: "x" top: "y" eltwise_param { coeff: 1 coeff: -1 } }',
        DATA
        + 'layer { name: "n" type: "Eltwise" bottom: "data" bottom: "x" top: "y" propagate_down: true propagate_down: false }',
    ],
)
def test_what_caffe_accepts_is_not_mentioned(text: str) -> None:
    assert [entry for entry in told(text) if entry[0] != "unused-label"] == []


def test_only_old_layers_may_transform_in_their_data_block() -> None:
    text = (
        'layers { name: "d" type: DATA top: "d" data_param { batch_size: 2 scale: 0.5 mean_file: "m" crop_size: 3 } }'
    )
    assert told(text) == []
