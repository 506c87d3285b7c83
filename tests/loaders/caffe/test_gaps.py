"""Checks of Caffe's that few definitions break, and what a net says of its own state."""

from __future__ import annotations

import pytest

from netlint import Options
from netlint.api import shapes
from tests.nets import model, models, node, told

IMAGES = 'layer { name: "data" type: "Data" top: "data" top: "label" data_param { batch_size: 4 }\n'


@pytest.mark.parametrize(("filler", "refused"), [("xavier", True), ("constant", True), ("gaussian", False)])
def test_sparse_is_the_gaussian_fillers_alone(filler: str, refused: bool) -> None:
    text = (
        'layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip" inner_product_param { num_output: 2\n'
        f'  weight_filler {{ type: "{filler}" sparse: 3 }} }} }}'
    )
    message = f'the filler "{filler}" knows no `sparse`: Caffe stops, because only "gaussian" can leave weights out'
    expected = [("unknown-filler", 2, 36 + len(filler), message)] if refused else []
    assert told(text, "unknown-filler") == expected


def test_stored_data_and_labels_have_one_number() -> None:
    text = (
        'input: "x" input_shape { dim: 4 dim: 3 }\ninput: "y" input_shape { dim: 2 dim: 1 }\n'
        'layer { name: "out" type: "HDF5Output" bottom: "x" bottom: "y" hdf5_output_param { file_name: "o.h5" } }'
    )
    assert told(text, "loss-label-count") == [
        (
            "loss-label-count",
            3,
            60,
            "HDF5Output `out` stores 4 items of `x`, but 2 labels of `y`: Caffe stops, because it wants one label for "
            "each",
        )
    ]
    assert told(text.replace("dim: 2", "dim: 4"), "loss-label-count") == []


@pytest.mark.parametrize(("channels", "severity"), [(1, "warning"), (2, ""), (3, "warning")])
def test_means_of_arrays_in_memory(channels: int, severity: str) -> None:
    text = (
        'layer { name: "data" type: "MemoryData" top: "data" top: "label"\n'
        f"  memory_data_param {{ batch_size: 1 channels: {channels} height: 8 width: 8 }}\n"
        "  transform_param { mean_value: 1 mean_value: 2 } }"
    )
    message = (
        f"MemoryData `data` gives 2 `mean_value`, but its images have {channels} channel{'s' if channels > 1 else ''}: "
        "Caffe wants one for all or one for each"
    )
    found = told(text, "data-transform-unsupported")
    assert found == ([("data-transform-unsupported", 3, 33, message)] if severity else [])


def test_means_are_held_against_the_channels_that_the_user_gives() -> None:
    text = IMAGES + "  transform_param { mean_value: 1 mean_value: 2 } }"
    (found,) = told(text, options=Options(input_shapes=["3,8,8"], select=["data-transform-unsupported"]))
    assert found == (
        "data-transform-unsupported",
        2,
        33,
        "Data `data` gives 2 `mean_value`, but its images have 3 channels: Caffe wants one for all or one for each",
    )
    assert told(text, "data-transform-unsupported") == []


def test_a_net_that_names_its_phase_has_no_other() -> None:
    layer = 'layer { name: "x" type: "Input" top: "x" include { phase: %s stage: "a" min_level: 2 } }\n'
    text = layer % "TEST" + layer % "TRAIN"
    assert [item.name for found in models(text) for item in found.nodes] == []
    (found,) = models('state { phase: TEST stage: "a" level: 2 }\n' + text)
    assert (found.phase, [item.name for item in found.nodes]) == ("TEST", ["x"])
    assert [found.phase for found in models('state { stage: "a" level: 2 }\n' + text)] == ["TRAIN", "TEST"]


def test_a_crop_of_the_time_before_bvlcs_finds_its_offset() -> None:
    text = (
        'input: "a" input_shape { dim: 1 dim: 8 dim: 40 dim: 40 }\ninput: "b" input_shape { dim: 1 dim: 3 dim: 32 dim: 30 }\n'
        'layers { name: "crop" type: CROP bottom: "a" bottom: "b" top: "crop" }'
    )
    found = model(text)
    assert shapes(found)[node(found, "crop").outputs[0]] == (1, 8, 32, 30)
    (found, *_) = models(text.replace("layers", "layer").replace("CROP", '"Crop"'), caffe_fork="HED")
    assert shapes(found)[node(found, "crop").outputs[0]] == (1, 8, 32, 30)
    assert "offsets" in node(found, "crop").attrs


def test_the_loss_of_each_region() -> None:
    found = model(
        'input: "a" input_shape { dim: 8 dim: 84 dim: 1 dim: 1 }\ninput: "b" input_shape { dim: 8 dim: 84 dim: 1 dim: 1 }\n'
        'layer { name: "loss" type: "SmoothL1LossOHEM" bottom: "a" bottom: "b" top: "loss" top: "each" }'
    )
    assert [shapes(found)[value] for value in node(found, "loss").outputs] == [(), (8, 1, 1, 1)]


SCORES = 'layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 5 kernel_size: 1 } }\n'


def test_the_label_shape_holds_through_layers_that_keep_labels() -> None:
    text = (
        IMAGES + "  transform_param { crop_size: 8 } }\n" + SCORES + ""
        'layer { name: "minus" type: "Power" bottom: "label" top: "minus" power_param { shift: -1 } }\n'
        'layer { name: "both" type: "Slice" bottom: "minus" top: "one" top: "two" slice_param { axis: 1 } }\n'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "conv" bottom: "one" top: "loss" }\n'
        'layer { name: "loss2" type: "SoftmaxWithLoss" bottom: "conv" bottom: "two" top: "loss2" }\n'
    )
    (train, *_) = models(text, label_shape="2,8,8")
    assert shapes(train)[node(train, "both").outputs[1]] == (4, 1, 8, 8)
    rules = Options(label_shape="2,4,8", select=["loss-label-count"])
    assert [found[:3] for found in told(text, options=rules)] == [
        ("loss-label-count", 6, 54),
        ("loss-label-count", 7, 55),
    ]


def test_an_autoencoders_target_is_data_too() -> None:
    text = (
        IMAGES + "  transform_param { crop_size: 8 } }\n" + SCORES + ""
        'layer { name: "flat" type: "Flatten" bottom: "data" top: "flat" }\n'
        'layer { name: "loss" type: "EuclideanLoss" bottom: "conv" bottom: "flat" top: "loss" }\n'
    )
    (train, *_) = models(text, label_shape="1,1,1")
    assert shapes(train)[node(train, "data").outputs[0]][2:] == (8, 8)  # type: ignore[index]
