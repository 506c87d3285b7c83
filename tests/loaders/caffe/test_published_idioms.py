"""Idioms of published Caffe networks that look like mistakes and are none."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from netlint.api import lint, shapes
from tests.nets import model, node, told

TINY = """
layer {{ name: "one" type: "Convolution" bottom: "data" top: "one"
  convolution_param {{ num_output: 4 kernel_size: 3 pad: {pad} weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "r" type: "ReLU" bottom: "one" top: "one" }}
{more}
"""


def severities(text: str, *rules: str, **options: object) -> list[tuple[str, str]]:
    found = lint(f"{text}\n", filename="net.prototxt", select=rules, **options)  # type: ignore[arg-type]
    return [(one.rule, one.severity) for one in found.findings]


def test_a_definition_called_pt_is_caffes(tmp_path: Path) -> None:
    path = tmp_path / "train.pt"
    path.write_text(
        'name: "RPN"\nlayer {\n  name: "c" type: "Convolution" bottom: "c" bottom: "x" bottom: "y"\n  top: "c"\n}\n'
    )
    run = subprocess.run(
        [sys.executable, "-m", "netlint", str(path), "--output-format", "concise"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "train.pt:3:" in run.stdout
    assert "checkpoint" not in run.stdout


def test_one_kernel_size_holds_for_three_axes() -> None:
    text = (
        'input: "data" input_shape { dim: 1 dim: 1 dim: 32 dim: 32 dim: 16 }\n'
        'layer { name: "c" type: "Convolution" bottom: "data" top: "c"\n'
        "  convolution_param { num_output: 8 kernel_size: 5 pad: 2 stride: 2 } }\n"
        'layer { name: "d" type: "Deconvolution" bottom: "c" top: "d"\n'
        "  convolution_param { num_output: 4 kernel_size: 2 stride: 2 } }"
    )
    found = model(text, "TEST")
    inferred = shapes(found)
    assert inferred.output(node(found, "c")) == (1, 8, 16, 16, 8)
    assert inferred.param(node(found, "c"), node(found, "c").params[0]) == (8, 1, 5, 5, 5)
    assert inferred.output(node(found, "d")) == (1, 4, 32, 32, 16)
    assert severities(text, "rank-mismatch") == []


def test_two_numbers_do_not_fit_three_axes() -> None:
    text = (
        'input: "data" input_shape { dim: 1 dim: 1 dim: 32 dim: 32 dim: 16 }\n'
        'layer { name: "c" type: "Convolution" bottom: "data" top: "c"\n'
        "  convolution_param { num_output: 8 kernel_size: 5 kernel_size: 5 } }"
    )
    assert severities(text, "rank-mismatch") == [("rank-mismatch", "error")]


def test_a_fork_that_flattens_in_its_concat() -> None:
    text = (
        'input: "data" input_shape { dim: 1 dim: 4 dim: 8 dim: 8 }\n'
        'input: "other" input_shape { dim: 1 dim: 4 dim: 4 dim: 4 }\n'
        'layer { name: "join" type: "Concat" bottom: "data" bottom: "other" top: "join"\n'
        "  concat_param { axis: 1 %s } }"
    )
    assert severities(text % "", "merge-shape-mismatch") == [("merge-shape-mismatch", "error")]
    assert severities(text % "per_fla_fuse: true", "merge-shape-mismatch") == []


def test_a_phase_that_nobody_runs_may_be_open() -> None:
    """A detector's definition for training: in TEST something is made up, and what TRAIN makes is missing."""
    text = (
        'layer { name: "in" type: "Python" top: "data" top: "label" include { phase: TRAIN }\n'
        '  python_param { module: "roi" layer: "Data" } }\n'
        'layer { name: "in" type: "DummyData" top: "data" include { phase: TEST }\n'
        "  dummy_data_param { shape { dim: 1 dim: 3 } } }\n"
        'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }\n'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }'
    )
    assert severities(text, "unknown-bottom") == [("unknown-bottom", "info")]


def test_labels_that_test_data_lacks_are_missed() -> None:
    text = (
        'layer { name: "in" type: "Data" top: "data" top: "label" include { phase: TRAIN } data_param { batch_size: 8 } }\n'
        'layer { name: "in" type: "Data" top: "data" include { phase: TEST } data_param { batch_size: 8 } }\n'
        'layer { name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param { num_output: 2 } }\n'
        'layer { name: "acc" type: "Accuracy" bottom: "ip" bottom: "label" top: "acc" include { phase: TEST } }\n'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }'
    )
    assert severities(text, "unknown-bottom") == [("unknown-bottom", "error")]


@pytest.mark.parametrize("size", [1, 2, 16])
def test_an_input_of_a_few_pixels_stands_for_any(size: int) -> None:
    more = "".join(
        f'layer {{ name: "c{n}" type: "Convolution" bottom: "one" top: "one{n}" convolution_param '
        f"{{ num_output: 4 kernel_size: 3 pad: 1 weight_filler {{ type: 'xavier' }} }} }}\n"
        f'layer {{ name: "d{n}" type: "Convolution" bottom: "one{n}" top: "two{n}" convolution_param '
        f"{{ num_output: 4 kernel_size: 3 pad: 1 weight_filler {{ type: 'xavier' }} }} }}\n"
        for n in range(3)
    )
    text = f'input: "data" input_shape {{ dim: 1 dim: 3 dim: {size} dim: {size} }}\n' + TINY.format(pad=1, more=more)
    assert severities(text, "early-global-collapse", "mostly-padding-kernel") == []


def test_padding_that_unpadded_convolutions_use_up() -> None:
    def text(pads: str) -> str:
        chain = (
            'layer { name: "two" type: "Convolution" bottom: "one" top: "two"\n'
            f"  convolution_param {{ num_output: 4 kernel_size: 3 dilation: 2 pad: {pads} }} }}\n"
            'layer { name: "r2" type: "ReLU" bottom: "two" top: "two" }\n'
            'layer { name: "three" type: "Convolution" bottom: "two" top: "three"\n'
            "  convolution_param { num_output: 4 kernel_size: 3 dilation: 4 } }"
        )
        return 'input: "data" input_shape { dim: 1 dim: 3 dim: 40 dim: 40 }\n' + TINY.format(pad=7, more=chain)

    assert severities(text("0"), "padding-exceeds-kernel") == [("padding-exceeds-kernel", "info")]
    assert "up to Convolution `three` use the border up" in told(text("0"), "padding-exceeds-kernel")[0][3]
    assert severities(text("2"), "padding-exceeds-kernel") == [("padding-exceeds-kernel", "warning")]


def test_words_for_numbers_again_and_again_make_a_template() -> None:
    layers = "".join(
        f'layer {{ name: "{n}" type: "Convolution" bottom: "data" top: "{n}"\n  convolution_param {{ num_output: cls{n}x kernel_size: 1 }} }}\n'
        for n in range(3)
    )
    text = 'input: "data" input_shape { dim: 1 dim: 3 dim: 40 dim: 40 }\n' + layers
    assert [found[:2] for found in told(text)] == [("template-placeholder", 3)]
    assert told(text)[0][3] == "the file is a template: `cls0x` stands for a value that is still to be filled in"
    once = text.replace("cls1x", "4").replace("cls2x", "4")
    assert [found[0] for found in told(once)] == ["syntax"]


def test_the_block_of_a_layer_that_nobody_knows() -> None:
    text = (
        'input: "data" input_shape { dim: 1 dim: 3 dim: 40 dim: 40 }\n'
        'layer { name: "m" type: "MaskShrink" bottom: "data" top: "m" mask_shrink_param { by: 2 } }\n'
    )
    assert severities(text, "unknown-field") == [("unknown-field", "info")]
    wrong = text.replace('"MaskShrink"', '"ReLU"')
    assert severities(wrong, "unknown-field") == [("unknown-field", "warning")]


def test_loss_settings_left_on_the_softmax_of_a_deployed_net() -> None:
    text = (
        'input: "data" input_shape { dim: 1 dim: 3 }\n'
        'layer { name: "p" type: "Softmax" bottom: "data" top: "p" loss_param { ignore_label: -1 } }\n'
    )
    assert severities(text, "param-not-for-type") == [("param-not-for-type", "info")]
    wrong = text.replace("loss_param { ignore_label: -1 }", "pooling_param { stride: 2 }")
    assert severities(wrong, "param-not-for-type") == [("param-not-for-type", "warning")]


def test_sums_of_channels_under_a_bilinear_filler() -> None:
    text = (
        'layer {{ name: "in" type: "Data" top: "data" top: "label" data_param {{ batch_size: 8 }} }}\n'
        'layer {{ name: "c" type: "Convolution" bottom: "data" top: "c"\n'
        '  convolution_param {{ num_output: 8 kernel_size: 1 weight_filler {{ type: "xavier" }} }} }}\n'
        'layer {{ name: "up" type: "Deconvolution" bottom: "c" top: "up" convolution_param {{\n'
        '  num_output: 4 group: {group} kernel_size: 4 stride: 2 pad: 1 weight_filler {{ type: "bilinear" }} }} }}\n'
        'layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "up" bottom: "label" }}'
    )
    shape = {"input_shapes": ["data=8,3,32,32"]}
    assert severities(text.format(group=4), "bilinear-filler-misuse", **shape) == [("bilinear-filler-misuse", "info")]
    assert severities(text.format(group=2), "bilinear-filler-misuse", **shape) == [
        ("bilinear-filler-misuse", "warning")
    ]


SOLVER = (
    'base_lr: 0.8 momentum: 0.9 max_iter: 1000 {more}\nlr_policy: "{policy}"\nnet_param {{\n'
    'layer {{ name: "in" type: "Data" top: "data" top: "label" data_param {{ batch_size: 64 }} }}\n'
    'layer {{ name: "ip" type: "InnerProduct" bottom: "data" top: "ip" inner_product_param {{ num_output: 9\n'
    '  weight_filler {{ type: "xavier" }} }} }}\n'
    'layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}\n}}'
)


@pytest.mark.parametrize("more", ["warmup_iter: 100 warmup_start_lr: 0.1", "local_lr_auto: true", "larc: true"])
def test_a_high_rate_that_is_tempered(more: str) -> None:
    assert severities(SOLVER.format(more="", policy="fixed"), "lr-too-high") == [("lr-too-high", "warning")]
    assert severities(SOLVER.format(more=more, policy="fixed"), "lr-too-high") == []


def test_a_step_far_beyond_the_end_is_a_way_to_say_never() -> None:
    def found(step: str) -> list[tuple[str, str]]:
        return severities(SOLVER.format(more=f"gamma: 0.1 stepsize: {step}", policy="step"), "solver-schedule-inert")

    assert found("10000000") == [("solver-schedule-inert", "info")]
    assert found("2000") == [("solver-schedule-inert", "warning")]


def frozen(data: str, block: str) -> str:
    return (
        f'layer {{ name: "in" {data} top: "data" top: "label" }}\n'
        'layer { name: "c" type: "Convolution" bottom: "data" top: "c"\n'
        '  convolution_param { num_output: 8 kernel_size: 1 weight_filler { type: "xavier" } } }\n'
        f'layer {{ name: "bn" bottom: "c" top: "c" {block} }}\n'
        'layer { name: "s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }\n'
        'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "c" bottom: "label" top: "loss" }'
    )


def test_stored_statistics_where_few_images_arrive() -> None:
    stored = 'type: "BatchNorm" batch_norm_param { use_global_stats: true }'
    large = 'type: "Data" transform_param { crop_size: 8 } data_param { batch_size: 32 }'
    script = 'type: "Python" python_param { module: "roi" layer: "Data" }'
    shape = {"input_shapes": ["data=32,3,8,8"]}
    assert severities(frozen(large, stored), "frozen-batchnorm", **shape) == [("frozen-batchnorm", "warning")]
    assert severities(frozen(script, stored), "frozen-batchnorm") == []
    chosen = 'type: "BN" bn_param { frozen: true }'
    assert severities(frozen(large, chosen), "frozen-batchnorm", **shape) == []


def test_heads_that_agree_on_more_boxes_than_ssd_has() -> None:
    def text(loc: int, conf: int) -> str:
        return (
            f'input: "loc" input_shape {{ dim: 1 dim: {loc} }}\n'
            f'input: "conf" input_shape {{ dim: 1 dim: {conf} }}\n'
            'input: "priors" input_shape { dim: 1 dim: 2 dim: 400 }\n'
            'layer { name: "out" type: "DetectionOutput" bottom: "loc" bottom: "conf" bottom: "priors" top: "out"\n'
            "  transform_param { mirror: false } detection_output_param { num_classes: 2 } }"
        )

    assert severities(text(400, 200)) == []
    assert severities(text(800, 400), "loss-label-count") == [("loss-label-count", "info")] * 2
    assert severities(text(800, 200), "loss-label-count") == [("loss-label-count", "error")]
    assert severities(text(800, 600), "loss-label-count") == [("loss-label-count", "error")] * 2
