"""The forks of Caffe: how one is told from a file, and what its layers compute."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netlint import Unknown, load
from netlint.api import Options, shapes
from netlint.loaders.caffe.forks import forks
from netlint.loaders.caffe.schema import fork_schema, schema
from netlint.output import table
from tests.nets import model, models, node, told

INPUT = 'input: "data" input_shape { dim: 2 dim: 32 dim: 20 dim: 20 }\n'
ROIS = 'input: "rois" input_shape { dim: 50 dim: 5 }\n'
GATE = 'input: "gate" input_shape { dim: 2 dim: 32 dim: 1 dim: 1 }\n'
OTHER = 'input: "other" input_shape { dim: 2 dim: 32 dim: 20 dim: 20 }\n'
BIG = 'input: "big" input_shape { dim: 2 dim: 8 dim: 44 dim: 44 }\n'
LABEL = 'input: "label" input_shape { dim: 2 }\n'


def layer(kind: str, rest: str = "", *more: str) -> str:
    bottoms = "".join(f' bottom: "{name}"' for name in ("data", *more))
    return f'layer {{ name: "x" type: "{kind}"{bottoms} top: "x" {rest} }}'


def result(text: str) -> tuple[object, list[object]]:
    """The shape of the first output and of the parameters of node `x`."""
    found = model(text, "TEST")
    inferred = shapes(found)
    own = node(found, "x")
    return inferred.output(own), [inferred.param(own, param) for param in own.params]


CONV = "convolution_param { %s }"


@pytest.mark.parametrize(
    ("text", "output", "params"),
    [
        (INPUT + layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }"), (2, 20, 20, 32), []),
        (INPUT + layer("Permute", "permute_param { order: 3 }"), (20, 2, 32, 20), []),
        (INPUT + layer("Normalize", "norm_param { channel_shared: false }"), (2, 32, 20, 20), [(32,)]),
        (INPUT + layer("Normalize"), (2, 32, 20, 20), [()]),
        # 1, 2, 1/2, 3, 1/3 and the one of the maximal size.
        (
            INPUT + OTHER
            + layer("PriorBox", "prior_box_param { min_size: 3 max_size: 6 aspect_ratio: 2 aspect_ratio: 3 }", "other"),
            (1, 2, 20 * 20 * 6 * 4),
            [],
        ),
        (
            INPUT + OTHER + layer("PriorBox", "prior_box_param { min_size: [3, 5] aspect_ratio: 2 flip: false }", "other"),
            (1, 2, 20 * 20 * 4 * 4),
            [],
        ),
        (INPUT + ROIS + layer("ROIPooling", "roi_pooling_param { pooled_h: 6 pooled_w: 7 }", "rois"), (50, 32, 6, 7), []),
        (INPUT + ROIS + layer("PSROIPooling", "psroi_pooling_param { output_dim: 2 group_size: 4 }", "rois"), (50, 2, 4, 4), []),
        (INPUT + layer("Interp", "interp_param { zoom_factor: 2 }"), (2, 32, 39, 39), []),
        (INPUT + layer("Interp", "interp_param { shrink_factor: 2 pad_end: -1 }"), (2, 32, 10, 10), []),
        (INPUT + layer("Interp", "interp_param { height: 33 width: 65 }"), (2, 32, 33, 65), []),
        (INPUT + OTHER + layer("Upsample", "upsample_param { scale: 2 pad_out_h: true }", "other"), (2, 32, 39, 40), []),
        (INPUT + OTHER + layer("Upsample", "upsample_param { upsample_h: 41 upsample_w: 42 }", "other"), (2, 32, 41, 42), []),
        (INPUT + layer("Upsample", "upsample_param { scale: 3 }"), (2, 32, 60, 60), []),
        (INPUT + layer("Reorg", "reorg_param { stride: 2 }"), (2, 128, 10, 10), []),
        (INPUT + layer("Reorg", "reorg_param { stride: 2 reverse: true }"), (2, 8, 40, 40), []),
        (INPUT + BIG + layer("MergeCrop", "", "big"), (2, 40, 20, 20), []),
        (INPUT + layer("BN", 'bn_param { scale_filler { type: "constant" value: 1 } }'), (2, 32, 20, 20), [(1, 32, 1, 1)] * 2),
        (INPUT + layer("BN", "bn_param { frozen: true }"), (2, 32, 20, 20), [(1, 32, 1, 1)] * 4),
        (
            INPUT + layer("DepthwiseConvolution", CONV % "num_output: 32 group: 32 kernel_size: 3 pad: 1"),
            (2, 32, 20, 20),
            [(32, 1, 3, 3), (32,)],
        ),
        (
            INPUT + layer("ConvolutionDepthwise", CONV % "kernel_size: 3 stride: 2 bias_term: false"),
            (2, 32, 9, 9),
            [(32, 1, 3, 3)],
        ),
        (INPUT + layer("ReLU6"), (2, 32, 20, 20), []),
        (INPUT + layer("ShuffleChannel", "shuffle_channel_param { group: 4 }"), (2, 32, 20, 20), []),
        (INPUT.replace("20 dim: 20", "1 dim: 20") + layer("Squeeze", "squeeze_param { axis: 2 }"), (2, 32, 20), []),
        (INPUT + LABEL + layer("CenterLoss", "center_loss_param { num_output: 10 }", "label"), (), [(10, 12800)]),
        (
            INPUT + LABEL + layer("MarginInnerProduct", "margin_inner_product_param { num_output: 10 }", "label"),
            (2, 10),
            [(10, 12800)],
        ),
        (
            INPUT + layer("SpatialPyramidPooling", "spatial_pyramid_pooling_param { spatial_bin: [1, 2, 3] }"),
            (2, 32 * 14, 1, 1),
            [],
        ),
        (
            INPUT + layer("Convolution", CONV % "num_output: 4 kernel_size: 3 stride: 2 pad_l: 1 pad_b: 2"),
            (2, 4, 10, 10),
            [(4, 32, 3, 3), (4,)],
        ),
        (INPUT + layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 ceil_mode: false }"), (2, 32, 9, 9), []),
        (INPUT + layer("Pooling", "pooling_param { kernel_size: 3 stride: 2 ceil_mode: true }"), (2, 32, 10, 10), []),
        (
            INPUT + layer("BatchNorm", "batch_norm_param { scale_bias: true }"),
            (2, 32, 20, 20),
            [(32,), (32,), (1,), (32,), (32,)],
        ),
    ],
)  # fmt: skip
def test_layers_of_forks(text: str, output: tuple[int, ...], params: list[tuple[int, ...]]) -> None:
    assert result(text) == (output, params)


def test_axpy_takes_the_shape_of_what_it_scales() -> None:
    text = (
        INPUT + GATE + OTHER + 'layer { name: "x" type: "Axpy" bottom: "gate" bottom: "data" bottom: "other" top: "x" }'
    )
    assert result(text) == ((2, 32, 20, 20), [])
    assert told(text) == []


def test_detections_are_as_many_as_are_kept() -> None:
    text = INPUT + OTHER + BIG + layer("DetectionOutput", "detection_output_param { num_classes: 3 }", "other", "big")
    output, _ = result(text)
    assert isinstance(output, tuple)
    assert (output[0], output[1], output[3]) == (1, 1, 7)
    assert isinstance(output[2], Unknown)


def test_annotated_data_has_the_size_that_it_is_resized_to() -> None:
    text = (
        'layer { name: "x" type: "AnnotatedData" top: "x" top: "label" data_param { batch_size: 8 }\n'
        "transform_param { mean_value: 1 mean_value: 2 mean_value: 3 resize_param { height: 300 width: 200 } } }"
    )
    assert result(text) == ((8, 3, 300, 200), [])


def test_a_relu6_is_bounded() -> None:
    assert node(model(INPUT + layer("ReLU", "relu_param { relu6: true }"), "TEST"), "x").op == "Relu6"


def test_the_fork_is_seen_from_its_words() -> None:
    found = model(INPUT + layer("Interp", "interp_param { zoom_factor: 2 }"), "TEST")
    assert found.variant is not None
    assert (found.variant.name, found.variant.given) == ("DeepLab2", False)
    assert [(word.word, word.span.line, word.span.column) for word in found.variant.evidence] == [
        ("Interp", 2, 25),
        ("interp_param", 2, 58),
    ]
    assert "PSPNet" in found.variant.others


def test_a_bvlc_file_is_no_fork_s() -> None:
    assert model(INPUT + layer("ReLU"), "TEST").variant is None
    assert model(INPUT + layer("NobodyKnowsThis"), "TEST").variant is None


def test_the_user_names_the_fork() -> None:
    text = INPUT + layer("BN")
    four = load(text, filename="net.prototxt", caffe_fork="yjxiong")[0]
    two = load(text, filename="net.prototxt", caffe_fork="segnet")[0]
    assert [len(node(found, "x").params) for found in (four, two)] == [4, 2]
    assert two.variant is not None
    assert (two.variant.name, two.variant.given) == ("SegNet", True)
    with pytest.raises(ValueError, match="'nobody' is no fork of Caffe that netlint knows: choose one of BVLC, SSD"):
        Options(caffe_fork="nobody").load_options()


def test_what_the_named_fork_lacks_is_told() -> None:
    text = INPUT + layer("Permute", "permute_param { order: 1 }")
    assert told(text) == []
    assert told(text, options=Options(caffe_fork="SSD")) == []
    assert told(text, options=Options(caffe_fork="SegNet")) == [
        (
            "unknown-layer-type",
            2,
            25,
            "BVLC Caffe has no layer type `Permute`, known to SSD, NVIDIA, Intel, YOLO, ssd-ms, soeaver, Synopsys: "
            "nothing is known of the blobs below it",
        ),
        (
            "unknown-field",
            2,
            59,
            "the fork SegNet's LayerParameter has no field `permute_param`; known to SSD, NVIDIA, Intel, YOLO, ssd-ms, "
            "soeaver, Synopsys",
        ),
    ]


def test_a_field_that_shapes_a_layer_and_that_nobody_reads_makes_it_unknown() -> None:
    output, _ = result(INPUT + layer("Pooling", "pooling_param { kernel_size: 3 kernel_d: 2 }"))
    assert isinstance(output, Unknown)
    output, _ = result(INPUT + layer("Permute", "permute_param { order: 0 something: 2 }"))
    assert isinstance(output, Unknown)


def test_misspelt_field_of_a_fork() -> None:
    text = INPUT + layer("DetectionOutput", "detection_output_param { num_clases: 3 anything: 1 }", "data", "data")
    assert told(text, "unknown-field") == [
        (
            "unknown-field",
            2,
            122,
            "no fork of Caffe that netlint knows has a field `num_clases` in DetectionOutputParameter",
        )
    ]


def test_a_wrong_value_in_a_fork_s_message() -> None:
    assert told(INPUT + layer("Permute", "permute_param { order: -1 }")) == [
        ("syntax", 2, 82, "`order` takes a whole number from 0 to 4294967295, not `-1`")
    ]


def test_the_head_of_a_detector_must_match_its_priors() -> None:
    text = (
        'input: "data" input_shape { dim: 1 dim: 100 }\ninput: "conf" input_shape { dim: 1 dim: 63 }\n'
        'input: "prior" input_shape { dim: 1 dim: 2 dim: 84 }\n'
        + layer("DetectionOutput", "detection_output_param { num_classes: 3 }", "conf", "prior")
    )
    assert told(text, "loss-label-count") == [
        (
            "loss-label-count",
            4,
            51,
            "DetectionOutput `x` gets 21 prior boxes and needs 4 coordinates for each, 84 in all, but `data` gives 100",
        )
    ]


def test_show_says_the_fork() -> None:
    found = models(INPUT + layer("Interp", "interp_param { height: 5 width: 5 }"))
    text = table.render((item, shapes(item)) for item in found)
    assert "caffe, fork DeepLab2 or PSPNet or" in text or "caffe, fork DeepLab2 or one of" in text
    assert "(`Interp` in line 2, `interp_param` in line 2), 2 nodes" in text


def test_tables_agree() -> None:
    """Whatever a fork is said to add to one of BVLC's messages has a type, and BVLC does not have it."""
    for fork in forks():
        for owner, names in fork.fields.items():
            if owner in schema():
                assert not names & schema()[owner].keys(), (fork.name, owner)
    for owner, fields in fork_schema().items():
        assert not fields.keys() & schema().get(owner, {}).keys(), owner
        for name, kind in fields.items():
            assert kind.convert is not None or kind.type in schema() or kind.type in fork_schema(), (owner, name)


def test_ordinary_files_do_not_read_the_forks_tables() -> None:
    code = (
        "import sys, netlint\n"
        "from netlint.loaders.caffe import schema, forks\n"
        "netlint.lint('fixtures/caffe/lenet.prototxt')\n"
        "assert not schema.fork_schema.cache_info().currsize and not forks.forks.cache_info().currsize\n"
        "assert 'netlint.loaders.caffe.layers.detection' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=True)
