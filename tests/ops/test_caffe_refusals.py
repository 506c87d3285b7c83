"""CHECKs that need shapes: what Caffe refuses once it knows what arrives."""

from __future__ import annotations

import pytest

from tests.nets import report

DATA = 'input: "data" input_shape { dim: 2 dim: 4 dim: 8 dim: 8 }\ninput: "x" input_shape { dim: 2 dim: 4 dim: 8 dim: 8 }\n'
SEQUENCE = (
    'input: "s" input_shape { dim: 5 dim: 2 dim: 3 }\n'
    'input: "c" input_shape { dim: 5 dim: 2 }\n'
    'input: "c3" input_shape { dim: 5 dim: 2 dim: 1 }\n'
    'input: "c4" input_shape { dim: 4 dim: 2 }\n'
    'input: "st" input_shape { dim: 3 dim: 7 }\n'
)


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
            SEQUENCE
            + 'layer { name: "n" type: "LSTM" bottom: "s" bottom: "c3" top: "y" recurrent_param { num_output: 4 weight_filler { type: "xavier" } } }',
            [
                (
                    "merge-shape-mismatch",
                    6,
                    52,
                    "LSTM `n` needs 5x2 (one mark for each step and stream) from `c3`, but gets 5x2x1",
                )
            ],
        ),
        (
            SEQUENCE
            + 'layer { name: "n" type: "LSTM" bottom: "s" bottom: "c4" top: "y" recurrent_param { num_output: 4 weight_filler { type: "xavier" } } }',
            [
                (
                    "merge-shape-mismatch",
                    6,
                    52,
                    "LSTM `n` needs 5x2 (one mark for each step and stream) from `c4`, but gets 4x2",
                )
            ],
        ),
        (
            SEQUENCE
            + 'layer { name: "n" type: "LSTM" bottom: "s" bottom: "c" bottom: "st" top: "y" recurrent_param { num_output: 4 weight_filler { type: "xavier" } } }',
            [
                (
                    "merge-shape-mismatch",
                    6,
                    64,
                    "LSTM `n` needs 2 as its first axis (one row for each stream) from `st`, but gets 3x7",
                )
            ],
        ),
        (
            SEQUENCE
            + 'layer { name: "n" type: "LSTM" bottom: "s" bottom: "c" top: "y" recurrent_param { weight_filler { type: "xavier" } } }',
            [("invalid-geometry", 6, 65, "LSTM `n` has no `num_output`: Caffe wants at least 1")],
        ),
        (
            DATA
            + 'input: "l" input_shape { dim: 2 } input: "H" input_shape { dim: 1 dim: 1 dim: 4 dim: 4 }\nlayer { name: "ip" type: "InnerProduct" bottom: "data" top: "y" inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }layer { name: "n" type: "InfogainLoss" bottom: "y" bottom: "l" bottom: "H" top: "loss"  }',
            [
                (
                    "merge-shape-mismatch",
                    4,
                    208,
                    "InfogainLoss `n` compares 3 classes, but `H` is 1x1x4x4, which is not 3x3",
                )
            ],
        ),
        (
            DATA
            + 'input: "sel" input_shape { dim: 2 dim: 3 }\nlayer { name: "n" type: "Filter" bottom: "data" bottom: "sel" top: "y"  }',
            [
                (
                    "merge-shape-mismatch",
                    4,
                    57,
                    "Filter `n` selects by `sel`, which is 2x3: Caffe wants one number for each item",
                )
            ],
        ),
        (
            DATA
            + 'input: "sel" input_shape { dim: 3 dim: 1 }\nlayer { name: "n" type: "Filter" bottom: "data" bottom: "sel" top: "y"  }',
            [
                (
                    "merge-shape-mismatch",
                    4,
                    57,
                    "Filter `n` selects by `sel`, which is 3x1: Caffe wants 2 of them, one for each item",
                )
            ],
        ),
        (
            DATA + 'layer { name: "n" type: "BatchReindex" bottom: "data" bottom: "x" top: "y"  }',
            [
                (
                    "rank-mismatch",
                    3,
                    63,
                    "BatchReindex `n` needs an input of 1 axes (the rows to pick), but gets 2x4x8x8",
                )
            ],
        ),
        (
            DATA
            + 'input: "l" input_shape { dim: 3 }\nlayer { name: "n" type: "HingeLoss" bottom: "data" bottom: "l" top: "y"  }',
            [("loss-label-count", 4, 60, "HingeLoss `n` wants one label for each of 2 items, but gets 3")],
        ),
        (
            DATA
            + 'input: "l" input_shape { dim: 2 dim: 4 }\nlayer { name: "n" type: "MultinomialLogisticLoss" bottom: "data" bottom: "l" top: "y"  }',
            [
                (
                    "loss-label-count",
                    4,
                    74,
                    "MultinomialLogisticLoss `n` wants one label for each of 2 items, but gets 2x4",
                )
            ],
        ),
        (
            DATA
            + 'input: "l" input_shape { dim: 2 }\nlayer { name: "n" type: "ContrastiveLoss" bottom: "data" bottom: "x" bottom: "l" top: "y"  }',
            [("rank-mismatch", 4, 51, "ContrastiveLoss `n` wants one vector for each item, but `data` is 2x4x8x8")],
        ),
        (
            'input: "a" input_shape { dim: 2 dim: 3 } input: "b" input_shape { dim: 2 dim: 4 } input: "l" input_shape { dim: 2 }\nlayer { name: "n" type: "ContrastiveLoss" bottom: "a" bottom: "b" bottom: "l" top: "y"  }',
            [
                (
                    "loss-label-count",
                    2,
                    63,
                    "ContrastiveLoss `n` compares 2x3 with 2x4, which do not have the same number of elements",
                )
            ],
        ),
        (
            DATA
            + 'input: "z" input_shape { dim: 2 dim: 4 dim: 9 dim: 8 }\nlayer { name: "n" type: "Convolution" bottom: "data" bottom: "z" top: "a" top: "b" convolution_param { num_output: 4 kernel_size: 1 weight_filler { type: "xavier" } } }',
            [
                (
                    "merge-shape-mismatch",
                    4,
                    62,
                    "Convolution `n` filters several inputs, but `data` is 2x4x8x8 and `z` is 2x4x9x8: Caffe wants one shape",
                )
            ],
        ),
        (
            'input: "data" input_shape { dim: 2 }\nlayer { name: "n" type: "PReLU" bottom: "data" top: "y"  }',
            [
                (
                    "rank-mismatch",
                    2,
                    41,
                    "PReLU `n` has a slope for each channel of axis 1, but its input 2 has no such axis",
                )
            ],
        ),
        (
            DATA + 'layer { name: "n" type: "AbsVal" bottom: "data" top: "data"  }',
            [
                (
                    "in-place-hazard",
                    3,
                    54,
                    "AbsVal `n` writes its output over its own input `data`: Caffe refuses that for this layer",
                )
            ],
        ),
        (
            'input: "data" input_shape { dim: 2 dim: 3 } input: "l" input_shape { dim: 2 }\nlayer { name: "n" type: "Accuracy" bottom: "data" bottom: "l" top: "y" accuracy_param { top_k: 5 } }',
            [
                (
                    "index-out-of-range",
                    2,
                    96,
                    "Accuracy `n` looks among the 5 best scores, but has 3 for a label (2x3 scores, 2 labels)",
                )
            ],
        ),
        (
            DATA + 'layer { name: "n" type: "ArgMax" bottom: "data" top: "y" argmax_param { top_k: 0 } }',
            [("index-out-of-range", 3, 80, "ArgMax `n` asks for the 0 largest of 256 elements (2x4x8x8)")],
        ),
        (
            DATA + 'layer { name: "n" type: "ArgMax" bottom: "data" top: "y" argmax_param { top_k: 500 } }',
            [("index-out-of-range", 3, 80, "ArgMax `n` asks for the 500 largest of 256 elements (2x4x8x8)")],
        ),
        (
            DATA + 'layer { name: "n" type: "Scale" bottom: "data" top: "y" scale_param { num_axes: -2 } }',
            [
                (
                    "invalid-geometry",
                    3,
                    81,
                    "Scale `n` covers -2 axes: Caffe wants a number from 0, or -1 for all that follow",
                )
            ],
        ),
    ],
)
def test_what_caffe_refuses_is_told_at_the_layer(text: str, expected: list[tuple[str, int, int, str]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        SEQUENCE + 'layer { name: "n" type: "LSTM" bottom: "s" bottom: "c" top: "y" recurrent_param { num_output: 4 '
        'weight_filler { type: "xavier" } } }',
        # Exposed hidden states are no static input.
        SEQUENCE
        + 'input: "h" input_shape { dim: 1 dim: 2 dim: 4 }\nlayer { name: "n" type: "RNN" bottom: "s" bottom: "c" bottom: "h" '
        'top: "y" top: "z" recurrent_param { num_output: 4 expose_hidden: true weight_filler { type: "xavier" } } }',
        DATA
        + 'input: "sel" input_shape { dim: 2 dim: 1 }\nlayer { name: "n" type: "Filter" bottom: "data" bottom: "sel" top: "y" }',
        DATA
        + 'input: "i" input_shape { dim: 7 }\nlayer { name: "n" type: "BatchReindex" bottom: "data" bottom: "i" top: "y" }',
        DATA + 'layer { name: "n" type: "ArgMax" bottom: "data" top: "y" argmax_param { top_k: 256 } }',
    ],
)
def test_what_caffe_accepts_is_not_mentioned(text: str) -> None:
    assert told(text) == []
