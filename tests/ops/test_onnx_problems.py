"""What ONNX's checker and inference let through, told by the operators: rule, message, and the input it stands at."""

from __future__ import annotations

import pytest

from netlint.model import UNKNOWN, Edge, Node, symbol
from tests.ops.build import OMITTED, Given, Said, infer, vector

N = symbol("N")


def W(*dims: int) -> Given:  # noqa: N802 - a weight, as the formulas call it
    """A stored tensor."""
    return Given(dims, stored=True)


CASES = [
    (
        infer("Conv", (1, 3, 8, 8), W(8, 4, 3, 3)),
        "channel-mismatch",
        "the weight of Conv `n` is 8x4x3x3, made for 4 input channels, but its input 1x3x8x8 has 3",
        "x0",
    ),
    (
        infer("Conv", (1, 4, 8, 8), W(8, 4, 3, 3), group=2),
        "channel-mismatch",
        "the weight of Conv `n` is 8x4x3x3, made for 8 input channels (4 in each of 2 groups), but its input 1x4x8x8 has 4",
        "x0",
    ),
    (
        infer("Conv", (1, 4, 8, 8), W(7, 2, 3, 3), group=2),
        "group-not-dividing",
        "Conv `n` splits 7 filters into 2 groups, but 7 is not a multiple of 2",
        "",
    ),
    (
        infer("Conv", (1, 6, 8, 8), W(8, 2, 3, 3), group=4),
        "group-not-dividing",
        "Conv `n` splits 6 input channels into 4 groups, but 6 is not a multiple of 4",
        "",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3, 3, 3), kernel_shape=(5, 5)),
        "invalid-geometry",
        "Conv `n` says `kernel_shape` 5x5, but the kernel of its weight `x1` is 3x3 (8x3x3x3)",
        "",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3, 3, 3), W(7)),
        "channel-mismatch",
        "the bias of Conv `n` is 7, but the layer has 8 output channels",
        "x2",
    ),
    (
        infer("Conv", (3, 8, 8), W(8, 3, 3, 3)),
        "rank-mismatch",
        "Conv `n` has a weight of 2 spatial axes, 8x3x3x3, but its input 3x8x8 has 1",
        "x0",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3)),
        "rank-mismatch",
        "the weight of Conv `n` is 8x3: it needs two axes of channels and a spatial one",
        "x1",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3, 9, 9)),
        "kernel-exceeds-input",
        "the kernel of Conv `n` spans 9 pixels, but its input 1x3x8x8 has only 8 along that axis, padding included: there is no position to place it",
        "",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3, 3, 3), strides=(0, 1)),
        "invalid-geometry",
        "Conv `n` has `strides` [0, 1]: each must be at least 1",
        "",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3, 3, 3), dilations=(1,)),
        "invalid-geometry",
        "Conv `n` gives `dilations` [1], but needs 2 numbers: one for each spatial axis",
        "",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3, 3, 3), pads=(1, 1)),
        "invalid-geometry",
        "Conv `n` gives `pads` [1, 1], but needs 4 numbers: two for each spatial axis",
        "",
    ),
    (
        infer("Conv", (1, 3, 8, 8), W(8, 3, 3, 3), auto_pad="SAME_UPPER", pads=(1, 1, 1, 1)),
        "invalid-geometry",
        "Conv `n` says both `auto_pad` SAME_UPPER and `pads` [1, 1, 1, 1]: ONNX allows one of them",
        "",
    ),
    (
        infer("ConvTranspose", (1, 3, 8, 8), W(4, 8, 2, 2)),
        "channel-mismatch",
        "the weight of ConvTranspose `n` is 4x8x2x2, made for 4 input channels, but its input 1x3x8x8 has 3",
        "x0",
    ),
    (
        infer("ConvTranspose", (1, 3, 1, 1), W(3, 8, 2, 2), pads=(1, 1, 1, 1)),
        "spatial-collapse",
        "ConvTranspose `n` turns 1x3x1x1 into 0x0 pixels: its padding removes more than the kernel adds",
        "",
    ),
    (
        infer("MaxPool", (1, 3, 8, 8), kernel_shape=(11, 11)),
        "kernel-exceeds-input",
        "the kernel of MaxPool `n` spans 11 pixels, but its input 1x3x8x8 has only 8 along that axis, padding included: there is no position to place it",
        "",
    ),
    (
        infer("MaxPool", (3, 8, 8), kernel_shape=(2, 2)),
        "rank-mismatch",
        "MaxPool `n` needs an input of 4 axes (batch, channels and 2 of the window), but gets 3x8x8",
        "x0",
    ),
    (
        infer("BatchNormalization", (1, 3, 8, 8), W(3), W(3), W(4), W(3)),
        "channel-mismatch",
        "the mean of BatchNormalization `n` is 4, but its input 1x3x8x8 has 3 channels",
        "x0",
    ),
    (
        infer("InstanceNormalization", (1, 3, 8, 8), W(8), W(8)),
        "channel-mismatch",
        "the scale of InstanceNormalization `n` is 8, but its input 1x3x8x8 has 3 channels",
        "x0",
    ),
    (
        infer("LayerNormalization", (2, 5, 768), W(512), W(512)),
        "channel-mismatch",
        "the scale of LayerNormalization `n` is 512, but it normalises 768 of `x0` 2x5x768",
        "x0",
    ),
    (
        infer("GroupNormalization", (1, 30, 8, 8), W(30), W(30), num_groups=4),
        "group-not-dividing",
        "GroupNormalization `n` splits 30 channels into 4 groups, but 30 is not a multiple of 4",
        "",
    ),
    (
        infer("PRelu", (1, 8, 4, 4), W(8, 1)),
        "merge-shape-mismatch",
        "PRelu `n` has slopes 8x1 in `x1`, which do not broadcast to its input 1x8x4x4",
        "x1",
    ),
    (
        infer("Gemm", (N, 8), W(10, 8), W(10)),
        "dense-input-mismatch",
        "the weight of Gemm `n` is 10x8, made for 10 features, but `x0` Nx8 has 8",
        "x0",
    ),
    (
        infer("Gemm", (2, 8), (10, 4)),
        "matmul-mismatch",
        "Gemm `n` multiplies `x0` 2x8 by `x1` 10x4: the inner extents are 8 and 10",
        "x1",
    ),
    (
        infer("Gemm", (2, 8), W(8, 10), W(9)),
        "merge-shape-mismatch",
        "Gemm `n` gives 2x10 and adds `x2` 9, which does not broadcast to it",
        "x2",
    ),
    (
        infer("Gemm", (2, 3, 8), W(8, 10)),
        "rank-mismatch",
        "Gemm `n` needs a matrix from `x0`, but gets 2x3x8",
        "x0",
    ),
    (
        infer("MatMul", (2, 8), W(7, 10)),
        "matmul-mismatch",
        "MatMul `n` multiplies `x0` 2x8 by `x1` 7x10: the inner extents are 8 and 7",
        "x0",
    ),
    (
        infer("MatMul", (4, 2, 8), (3, 8, 3)),
        "matmul-mismatch",
        "MatMul `n` multiplies `x0` 4x2x8 by `x1` 3x8x3: the axes before the matrices do not broadcast",
        "x1",
    ),
    (
        infer("MatMul", (), (3, 3)),
        "rank-mismatch",
        "MatMul `n` multiplies scalar by 3x3: a scalar is no matrix",
        "x1",
    ),
    (
        infer("Einsum", (2, 3), (4, 5), equation="ij,jk->ik"),
        "matmul-mismatch",
        "the equation `ij,jk->ik` of Einsum `n` uses `j` for an extent of 3 and, in `x1` 4x5, for one of 4",
        "x1",
    ),
    (
        infer("Einsum", (2, 3), equation="ijk->k"),
        "rank-mismatch",
        "the equation `ijk->k` of Einsum `n` gives `x0` 3 axes (`ijk`), but it is 2x3",
        "x0",
    ),
    (
        infer("Reshape", (2, 3, 4), vector(5, 5)),
        "reshape-element-count",
        "Reshape `n` reshapes 2x3x4 and turns 24 elements into 25",
        "x1",
    ),
    (
        infer("Reshape", (N, 3, 4), vector(0, 13)),
        "reshape-element-count",
        "Reshape `n` reshapes Nx3x4 and turns 12 elements into 13 for each element of the axes that it copies",
        "x1",
    ),
    (
        infer("Reshape", (N, 3, 4), vector(N, 13)),
        "reshape-element-count",
        "Reshape `n` reshapes Nx3x4 and turns 12*N elements into 13*N",
        "x1",
    ),
    (
        infer("Reshape", (UNKNOWN, 3, 4), vector(0, 13)),
        "reshape-element-count",
        "Reshape `n` reshapes ?x3x4 and turns 12 elements into 13 for each element of the axes that it copies",
        "x1",
    ),
    (
        infer("Reshape", (N, 3, 4), vector(0, 5, -1)),
        "reshape-element-count",
        "Reshape `n` reshapes Nx3x4 and leaves 12 elements for each element of the axes that it copies for the axis of -1, but the others take 5, which do not divide them",
        "x1",
    ),
    (
        infer("Reshape", (2, 3), vector(-1, -1)),
        "reshape-element-count",
        "Reshape `n` reshapes 2x3 and has more than one -1: only one axis can be inferred",
        "x1",
    ),
    (
        infer("Reshape", (2, 3), vector(2, 3, 0)),
        "reshape-element-count",
        "Reshape `n` reshapes 2x3 and copies axis 2 (0), which the input 2x3 does not have",
        "x1",
    ),
    (
        infer("Flatten", (2, 10), axis=3),
        "rank-mismatch",
        "Flatten `n` works on axis 3, but there are only 2 axes (2x10)",
        "",
    ),
    (
        infer("Transpose", (2, 3, 4), perm=(1, 0)),
        "rank-mismatch",
        "Transpose `n` orders the axes of 2x3x4 by [1, 0]: `perm` must name each of the 3 axes once",
        "",
    ),
    (
        infer("Transpose", (2, 3, 4), perm=(0, 1, 1)),
        "rank-mismatch",
        "Transpose `n` orders the axes of 2x3x4 by [0, 1, 1]: `perm` must name each of the 3 axes once",
        "",
    ),
    (
        infer("Squeeze", (1, 3, 4), vector(1)),
        "rank-mismatch",
        "Squeeze `n` takes away axis 1 of 1x3x4, which has 3 elements",
        "x1",
    ),
    (
        infer("Unsqueeze", (3, 4), vector(0, 0)),
        "rank-mismatch",
        "Unsqueeze `n` names axis 0 twice in [0, 0]",
        "x1",
    ),
    (
        infer("Unsqueeze", (3, 4), vector(5)),
        "rank-mismatch",
        "Unsqueeze `n` works on axis 5, but there are only 3 axes (3x4)",
        "x1",
    ),
    (
        infer("Expand", (3, 4), vector(2, 4)),
        "merge-shape-mismatch",
        "Expand `n` stretches 3x4 to 2x4, but only axes of extent 1 can be stretched",
        "x1",
    ),
    (
        infer("Tile", (3, 4), vector(2)),
        "rank-mismatch",
        "Tile `n` has 1 repeats for the 2 axes of 3x4",
        "x1",
    ),
    (
        infer("Pad", (3, 4), vector(1, 1, 1)),
        "invalid-geometry",
        "Pad `n` has 3 pads for 2 axes of 3x4: it needs two for each",
        "x1",
    ),
    (
        infer("Pad", (3, 4), vector(-2, 0, -2, 0)),
        "spatial-collapse",
        "Pad `n` cuts 3x4 down to -1x4 with its negative pads",
        "x1",
    ),
    (
        infer("Slice", (4, 8), vector(4), vector(9), vector(0)),
        "empty-tensor",
        "Slice `n` keeps nothing of axis 0: from 4 to 9 there is no element in 4x8",
        "x1",
    ),
    (
        infer("Slice", (4, 8), vector(0), vector(9), vector(0), vector(0)),
        "invalid-geometry",
        "Slice `n` walks along axis 0 by steps of 0",
        "x4",
    ),
    (
        infer("Slice", (4, 8), vector(0, 1), vector(9)),
        "invalid-geometry",
        "Slice `n` has 2 starts, 1 ends, 2 axes and 2 steps",
        "x1",
    ),
    (
        infer("Split", (6, 4), vector(2, 3), outputs=2),
        "split-size-mismatch",
        "Split `n` cuts axis 0 of 6 into parts of 2, 3, which add up to 5 (6x4)",
        "x1",
    ),
    (
        infer("Split", (7, 4), outputs=2),
        "split-size-mismatch",
        "Split `n` cuts 7 into 2 equal parts, which does not come out even (7x4)",
        "",
    ),
    (
        infer("Split", (6, 4), outputs=2, num_outputs=3),
        "split-size-mismatch",
        "Split `n` says `num_outputs` 3, but has 2 outputs (6x4)",
        "",
    ),
    (
        infer("Concat", (1, 3, 8), (1, 3, 7), axis=1),
        "merge-shape-mismatch",
        "Concat `n` concatenates along axis 1, but `x0` is 1x3x8 and `x1` is 1x3x7: axis 2 is 8 in one and 7 in the other",
        "x1",
    ),
    (
        infer("Concat", (2, 10), (2, 10), axis=2),
        "rank-mismatch",
        "Concat `n` works on axis 2, but there are only 2 axes (2x10)",
        "",
    ),
    (
        infer("Softmax", (2, 10), axis=7),
        "rank-mismatch",
        "Softmax `n` works on axis 7, but there are only 2 axes (2x10)",
        "",
    ),
    (
        infer("ReduceMean", (2, 10), axes=(2,)),
        "rank-mismatch",
        "ReduceMean `n` works on axis 2, but there are only 2 axes (2x10)",
        "",
    ),
    (
        infer("Add", (2, 3), (2, 4)),
        "merge-shape-mismatch",
        "Add `n` joins its inputs element by element, but `x0` is 2x3 and `x1` is 2x4, which do not broadcast: the last axis is 3 in one and 4 in the other",
        "x1",
    ),
    (
        infer("Add", (1, 16, 8, 8), (1, 16, 6, 6)),
        "residual-add-mismatch",
        "Add `n` joins its inputs element by element, but `x0` is 1x16x8x8 and `x1` is 1x16x6x6, which do not broadcast: the last axis is 8 in one and 6 in the other",
        "x1",
    ),
    (
        infer("Where", (2, 3), (2, 3), (3, 2)),
        "merge-shape-mismatch",
        "Where `n` joins its inputs element by element, but `x0` is 2x3 and `x2` is 3x2, which do not broadcast: the last axis is 3 in one and 2 in the other",
        "x2",
    ),
    (
        infer("Gather", (5, 4), vector(0, 5)),
        "index-out-of-range",
        "Gather `n` takes index 5 of axis 0, but `x0` 5x4 has only 5 there",
        "x1",
    ),
    (
        infer("GatherElements", (3, 3), Given((1, 3), (0, 3, 1), stored=True)),
        "index-out-of-range",
        "GatherElements `n` takes index 3 of axis 0, but `x0` 3x3 has only 3 there",
        "x1",
    ),
    (
        infer("GatherND", (3, 4), Given((2, 2), (0, 1, 2, 4), stored=True)),
        "index-out-of-range",
        "GatherND `n` takes index 4 of axis 1, but `x0` 3x4 has only 4 there",
        "x1",
    ),
    (
        infer("ScatterND", (3, 4), Given((1, 1), (3,), stored=True), (1, 4)),
        "index-out-of-range",
        "ScatterND `n` takes index 3 of axis 0, but `x0` 3x4 has only 3 there",
        "x1",
    ),
    (
        infer("ScatterND", (3, 4), W(2, 1), (3, 4)),
        "merge-shape-mismatch",
        "ScatterND `n` needs one slice for each index, 2x4, but `x2` is 3x4",
        "x2",
    ),
    (
        infer("TopK", (2, 10), vector(11), outputs=2),
        "index-out-of-range",
        "TopK `n` asks for the 11 largest of 10 elements along axis 1 (2x10)",
        "x1",
    ),
    (
        infer("Resize", (1, 3, 8, 8), OMITTED, vector(2.0, 2.0)),
        "invalid-geometry",
        "Resize `n` gets 2 scales in `x2` for 4 axes of 1x3x8x8",
        "x2",
    ),
    (
        infer("Resize", (1, 3, 8, 8), OMITTED, vector(1.0, 1.0, 0.1, 0.1)),
        "spatial-collapse",
        "Resize `n` turns 1x3x8x8 into 1x3x0x0: nothing is left along an axis",
        "x0",
    ),
    (
        infer("ConstantOfShape", vector(2, -3)),
        "invalid-geometry",
        "ConstantOfShape `n` makes a tensor of shape 2x-3: an extent of -3 is none",
        "x0",
    ),
    (
        infer("LSTM", (5, 2, 8), W(1, 64, 9), W(1, 64, 16), hidden_size=16, outputs=3),
        "dense-input-mismatch",
        "the weight of LSTM `n` is 1x64x9, made for 9 features, but the sequence 5x2x8 has 8",
        "x0",
    ),
    (
        infer("GRU", (5, 2, 8), W(1, 64, 8), W(1, 48, 16), hidden_size=16),
        "invalid-geometry",
        "the weight of GRU `n`, `x1`, is 1x64x8, but the layer needs 1x48x8 (directions x gates * hidden_size x features)",
        "x1",
    ),
    (
        infer("RNN", (5, 2, 8), W(1, 16, 8), W(1, 16, 16), OMITTED, OMITTED, (1, 3, 16), hidden_size=16),
        "merge-shape-mismatch",
        "the initial state of RNN `n`, `x5`, is 1x3x16, but the layer needs 1x2x16 (directions, batch and hidden_size)",
        "x5",
    ),
    (
        infer("Attention", (1, 4, 8), (1, 6, 8), (1, 6, 8), q_num_heads=3, kv_num_heads=3),
        "heads-not-dividing",
        "Attention `n` cuts 8 features of `x0` into 3 heads, which does not come out even",
        "x0",
    ),
    (
        infer("Attention", (1, 6, 4, 8), (1, 4, 6, 8), (1, 4, 6, 8)),
        "gqa-heads-not-dividing",
        "Attention `n` has 6 query heads and 4 key heads: 6 is not a multiple of 4",
        "",
    ),
    (
        infer("RotaryEmbedding", (1, 4, 10, 7), W(10, 3), W(10, 3)),
        "rope-odd-dim",
        "RotaryEmbedding `n` turns pairs of features, but each head of `x0` 1x4x10x7 has 7",
        "x0",
    ),
    (
        infer("SoftmaxCrossEntropyLoss", (4, 10, 8), (4, 7)),
        "loss-label-count",
        "SoftmaxCrossEntropyLoss `n` gets scores 4x10x8 and needs labels 4x8, but `x1` is 4x7",
        "x1",
    ),
    (
        infer("QuantizeLinear", (1, 3, 8, 8), W(4), W(4), axis=1),
        "channel-mismatch",
        "QuantizeLinear `n` has 4 scales in `x1` for axis 1 of 1x3x8x8, which has 3",
        "x0",
    ),
    (
        infer("GridSample", (1, 3, 8, 8), (1, 4, 4, 3)),
        "rank-mismatch",
        "GridSample `n` reads 1x3x8x8 at the places of `x1` 1x4x4x3, which needs 4 axes and 2 coordinates in the last one",
        "x1",
    ),
    (
        infer("ai.onnx.ml::Scaler", (5, 4), offset=(1.0, 2.0), scale=(1.0,)),
        "dense-input-mismatch",
        "Scaler `n` has 2 numbers for `offset`, but its input 5x4 has 4 features",
        "",
    ),
    (
        infer("com.microsoft::SkipLayerNormalization", (2, 5, 8), (2, 5, 9), W(8)),
        "residual-add-mismatch",
        "SkipLayerNormalization `n` adds `x0` 2x5x8 and `x1` 2x5x9, which do not agree",
        "x1",
    ),
]


@pytest.mark.parametrize(
    ("said", "rule", "message", "at"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_problem(said: Said, rule: str, message: str, at: str) -> None:
    (problem,) = said.problems
    assert (problem.rule, problem.message) == (rule, message)
    # A problem of an attribute stands at the node, since these attributes have no place of their own.
    place = problem.place
    assert (place.value.name if isinstance(place, Edge) else "") == at
    assert isinstance(place, Edge | Node)
    assert problem.remedy
