"""Shape functions against what Caffe's sources say (and, in the corpus test, what Caffe itself computed)."""

from __future__ import annotations

import pytest

from netlint.api import shapes
from tests.nets import model, told


def infer(layer: str, *inputs: str) -> tuple[list[object], list[object]]:
    """(output shapes, parameter shapes) of one layer that reads inputs of these shapes."""
    declared = "".join(
        f'input: "x{i}" input_shape {{ {" ".join(f"dim: {dim}" for dim in shape.split("x"))} }}\n'
        for i, shape in enumerate(inputs)
    )
    bottoms = " ".join(f'bottom: "x{i}"' for i in range(len(inputs)))
    tops = "" if "top:" in layer else 'top: "y"'
    found = model(f'{declared}layer {{ name: "n" {bottoms} {tops} {layer} }}')
    inferred = shapes(found)
    last = found.nodes[-1]
    return [inferred[value] for value in last.outputs], [inferred.param(last, param) for param in last.params]


def output(layer: str, *inputs: str) -> object:
    return infer(layer, *inputs)[0][0]


CONV = 'type: "Convolution" convolution_param'


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"),
    [
        (f"{CONV} {{ num_output: 96 kernel_size: 11 stride: 4 }}", "1x3x227x227", (1, 96, 55, 55)),
        (f"{CONV} {{ num_output: 8 kernel_size: 3 pad: 1 stride: 2 }}", "1x3x8x9", (1, 8, 4, 5)),
        (f"{CONV} {{ num_output: 8 kernel_h: 1 kernel_w: 3 pad_h: 0 pad_w: 1 }}", "1x3x8x9", (1, 8, 8, 9)),
        (f"{CONV} {{ num_output: 8 kernel_size: 3 dilation: 2 }}", "1x3x9x9", (1, 8, 5, 5)),
        # C truncates towards zero: Caffe accepts a kernel that is larger than its input.
        (f"{CONV} {{ num_output: 8 kernel_size: 9 stride: 2 }}", "1x3x8x8", (1, 8, 1, 1)),
        (f"{CONV} {{ num_output: 8 kernel_size: 9 }}", "1x3x8x8", (1, 8, 0, 0)),
        (f"{CONV} {{ num_output: 8 kernel_size: 3 kernel_size: 3 kernel_size: 3 }}", "1x3x8x8x8", (1, 8, 6, 6, 6)),
        (f"{CONV} {{ num_output: 8 kernel_size: 3 axis: 2 }}", "1x2x3x8x8", (1, 2, 8, 6, 6)),
        ('type: "Deconvolution" convolution_param { num_output: 5 kernel_size: 64 stride: 32 }', "1x5x7x7", (1, 5, 256, 256)),
        ('type: "Deconvolution" convolution_param { num_output: 5 kernel_size: 4 stride: 2 pad: 1 }', "1x5x7x7", (1, 5, 14, 14)),
        ('type: "Pooling" pooling_param { kernel_size: 3 stride: 2 }', "1x96x55x55", (1, 96, 27, 27)),
        ('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 }', "1x4x7x7", (1, 4, 4, 4)),
        ('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 round_mode: FLOOR }', "1x4x7x7", (1, 4, 3, 3)),
        ('type: "Pooling" pooling_param { kernel_size: 3 stride: 2 pad: 1 }', "1x4x7x7", (1, 4, 4, 4)),
        # The last window would start in the padding, so Caffe drops it, but only when there is padding.
        ('type: "Pooling" pooling_param { kernel_size: 2 stride: 2 pad: 1 }', "1x4x5x5", (1, 4, 3, 3)),
        ('type: "Pooling" pooling_param { kernel_size: 1 stride: 3 }', "1x4x5x5", (1, 4, 3, 3)),
        ('type: "Pooling" pooling_param { pool: AVE global_pooling: true }', "1x4x5x6", (1, 4, 1, 1)),
        ('type: "InnerProduct" inner_product_param { num_output: 10 }', "2x4x5x6", (2, 10)),
        ('type: "InnerProduct" inner_product_param { num_output: 10 axis: 2 }', "2x4x5x6", (2, 4, 10)),
        ('type: "InnerProduct" inner_product_param { num_output: 10 axis: -1 }', "2x4x5x6", (2, 4, 5, 10)),
        ('type: "Flatten"', "2x4x5x6", (2, 120)),
        ('type: "Flatten" flatten_param { axis: 2 end_axis: 3 }', "2x4x5x6", (2, 4, 30)),
        ('type: "Reshape" reshape_param { shape { dim: 0 dim: -1 dim: 6 } }', "2x4x5x6", (2, 20, 6)),
        ('type: "Reshape" reshape_param { shape { dim: 3 dim: -1 } axis: 1 num_axes: 1 }', "2x12x5", (2, 3, 4, 5)),
        ('type: "Reshape" reshape_param { shape { dim: 1 } axis: -1 num_axes: 0 }', "2x12", (2, 12, 1)),
        ('type: "Tile" tile_param { axis: 1 tiles: 3 }', "2x4", (2, 12)),
        ('type: "Reduction" reduction_param { axis: 1 }', "2x4x5", (2,)),
        ('type: "Reduction"', "2x4x5", ()),
        ('type: "ArgMax"', "2x4x5x6", (2, 1, 1, 1)),
        ('type: "ArgMax" argmax_param { top_k: 3 out_max_val: true }', "2x40", (2, 2, 3)),
        ('type: "ArgMax" argmax_param { axis: 1 }', "2x4x5x6", (2, 1, 5, 6)),
        ('type: "SPP" spp_param { pyramid_height: 3 }', "2x4x8x8", (2, 84)),
        ('type: "Im2col" convolution_param { kernel_size: 3 }', "2x4x8x8", (2, 36, 6, 6)),
        ('type: "Embed" embed_param { num_output: 7 input_dim: 100 }', "2x4", (2, 4, 7)),
    ],
)  # fmt: skip
def test_output_shape(layer: str, inputs: str, expected: object) -> None:
    assert output(layer, inputs) == expected


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"),
    [
        ('type: "Concat"', ("2x4x5", "2x3x5"), (2, 7, 5)),
        ('type: "Concat" concat_param { axis: 0 }', ("2x4", "3x4"), (5, 4)),
        ('type: "Concat" concat_param { concat_dim: 2 }', ("2x4x5", "2x4x6"), (2, 4, 11)),
        ('type: "Eltwise"', ("2x4x5", "2x4x5"), (2, 4, 5)),
        ('type: "Crop" crop_param { axis: 2 offset: 19 }', ("1x5x544x544", "1x3x500x500"), (1, 5, 500, 500)),
        ('type: "BatchReindex"', ("5x4x3", "7"), (7, 4, 3)),
        ('type: "SoftmaxWithLoss"', ("8x10", "8"), ()),
    ],
)
def test_output_shape_of_joins(layer: str, inputs: tuple[str, ...], expected: object) -> None:
    assert output(layer, *inputs) == expected


def test_slices() -> None:
    tops = 'top: "a" top: "b" top: "c"'
    assert infer(f'type: "Slice" {tops} slice_param {{ slice_point: 1 slice_point: 4 }}', "2x6")[0] == [
        (2, 1),
        (2, 3),
        (2, 2),
    ]
    assert infer(f'type: "Slice" {tops}', "2x6x5")[0] == [(2, 2, 5)] * 3


@pytest.mark.parametrize(
    ("layer", "inputs", "expected"),
    [
        (f"{CONV} {{ num_output: 256 kernel_size: 5 group: 2 }}", ("1x96x27x27",), [(256, 48, 5, 5), (256,)]),
        (f"{CONV} {{ num_output: 8 kernel_size: 1 bias_term: false }}", ("1x3x4x4",), [(8, 3, 1, 1)]),
        ('type: "Deconvolution" convolution_param { num_output: 6 kernel_size: 4 group: 2 }', ("1x8x4x4",), [(8, 3, 4, 4), (6,)]),
        ('type: "InnerProduct" inner_product_param { num_output: 10 }', ("2x4x5",), [(10, 20), (10,)]),
        ('type: "InnerProduct" inner_product_param { num_output: 10 transpose: true }', ("2x4x5",), [(20, 10), (10,)]),
        ('type: "BatchNorm"', ("2x4x5x5",), [(4,), (4,), (1,)]),
        ('type: "Scale" scale_param { bias_term: true }', ("2x4x5",), [(4,), (4,)]),
        ('type: "Scale" scale_param { axis: 1 num_axes: -1 }', ("2x4x5",), [(4, 5)]),
        ('type: "Bias"', ("2x4x5",), [(4,)]),
        ('type: "PReLU"', ("2x4x5x5",), [(4,)]),
        ('type: "PReLU" prelu_param { channel_shared: true }', ("2x4x5x5",), [()]),
        ('type: "Embed" embed_param { num_output: 7 input_dim: 100 }', ("2x4",), [(100, 7), (7,)]),
        ('type: "LSTM" recurrent_param { num_output: 16 }', ("5x2x8", "5x2"), [(64, 8), (64,), (64, 16)]),
        ('type: "LSTM" recurrent_param { num_output: 16 }', ("5x2x8", "5x2", "2x3"), [(64, 8), (64,), (64, 3), (64, 16)]),
        (
            'type: "RNN" recurrent_param { num_output: 16 }',
            ("5x2x8", "5x2"),
            [(16, 8), (16,), (16, 16), (16, 16), (16,)],
        ),
    ],
)  # fmt: skip
def test_parameter_shapes(layer: str, inputs: tuple[str, ...], expected: list[object]) -> None:
    assert infer(layer, *inputs)[1] == expected


def test_a_paired_convolution_maps_each_bottom() -> None:
    layer = f'{CONV} {{ num_output: 8 kernel_size: 3 }} top: "a" top: "b"'
    assert infer(layer, "1x3x8x8", "1x3x8x8")[0] == [(1, 8, 6, 6), (1, 8, 6, 6)]


def join(layer: str, a: str, b: str) -> str:
    dims = [" ".join(f"dim: {dim}" for dim in shape.split("x")) for shape in (a, b)]
    return (
        f'input: "a" input_shape {{ {dims[0]} }}\ninput: "b" input_shape {{ {dims[1]} }}\n'
        f'layer {{ name: "join" bottom: "a"\n  bottom: "b" top: "join" {layer} }}'
    )


@pytest.mark.parametrize(
    ("layer", "a", "b", "rule", "message"),
    [
        (
            'type: "Concat"',
            "1x4x8x8",
            "1x4x7x8",
            "merge-shape-mismatch",
            "Concat `join` concatenates along axis 1, but `a` is 1x4x8x8 and `b` is 1x4x7x8: axis 2 is 8 in one and 7 "
            "in the other",
        ),
        (
            'type: "Eltwise"',
            "1x4x8x8",
            "1x8x8x8",
            "residual-add-mismatch",
            "Eltwise `join` joins its inputs element by element, but `a` is 1x4x8x8 and `b` is 1x8x8x8: axis 1 is 4 in "
            "one and 8 in the other",
        ),
        (
            'type: "Eltwise" eltwise_param { operation: MAX }',
            "1x4x8",
            "1x4x8x1",
            "merge-shape-mismatch",
            "Eltwise `join` joins its inputs element by element, but `a` is 1x4x8 and `b` is 1x4x8x1: they have 3 and 4 "
            "axes",
        ),
    ],
)
def test_joins_that_do_not_fit(layer: str, a: str, b: str, rule: str, message: str) -> None:
    assert told(join(layer, a, b), "shapes") == [(rule, 4, 11, message)]


def test_the_message_names_the_kernel_and_the_room() -> None:
    text = (
        'input: "data" input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n'
        'layer { name: "conv1" type: "Convolution" bottom: "data" top: "c"\n'
        "  convolution_param { num_output: 8 kernel_size: 11 stride: 4 } }"
    )
    assert told(text, "shapes") == [
        (
            "kernel-exceeds-input",
            3,
            50,
            "the kernel of Convolution `conv1` spans 11 pixels, but its input 1x3x8x8 has only 8 along that axis, "
            "padding included: Caffe accepts it because of the stride and reads zeros past the edge",
        )
    ]
