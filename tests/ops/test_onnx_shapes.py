"""Shapes and elements that ONNX's own test models do not reach: open extents, shape chains, and silence."""

from __future__ import annotations

import pytest

from netlint.model import UNKNOWN, Body, Edge, Problem, Shape, Symbol, Unknown, Value, plus, symbol, times
from netlint.ops import Arrived, operator
from tests.ops.build import OMITTED, Given, Said, infer, node_of, scalar, vector

N, S = symbol("N"), symbol("S")


def W(*dims: int | Unknown) -> Given:  # noqa: N802 - a weight, as the formulas call it
    """A stored tensor."""
    return Given(dims, stored=True)


@pytest.mark.parametrize(
    ("said", "shape"),
    [
        (infer("Conv", (N, 3, 224, 224), W(64, 3, 7, 7), strides=(2, 2), pads=(3, 3, 3, 3)), (N, 64, 112, 112)),
        (infer("Conv", UNKNOWN, W(64, 3, 7, 7)), (UNKNOWN, 64, UNKNOWN, UNKNOWN)),
        (infer("Conv", (N, 3, S, 8), W(4, 3, 3, 3), pads=(1, 1, 1, 1)), (N, 4, S, 8)),
        (infer("ConvTranspose", (N, 3, S, 8), W(3, 4, 2, 2), strides=(2, 2)), (N, 4, times(S, 2), 16)),
        (infer("MaxPool", (1, 3, 2, 2), kernel_shape=(3, 3), strides=(2, 2), ceil_mode=1), (1, 3, 1, 1)),
        (infer("Gemm", (N, 512), W(10, 512), W(10), transB=1), (N, 10)),
        (infer("MatMul", (N, 12, S, 64), (N, 12, 64, S)), (N, 12, S, S)),
        (infer("Add", (N, 128, 768), W(768)), (N, 128, 768)),
        (infer("Add", (N, 3), (S, 3)), (UNKNOWN, 3)),
        (infer("Add", (N, 3), (4, 3)), (4, 3)),
        (infer("Flatten", (N, 512, 7, 7)), (N, 25088)),
        (infer("Reshape", (N, S, 768), vector(0, -1, 12, 64)), (N, S, 12, 64)),
        (infer("Reshape", (N, 3, 4), vector(-1, 12)), (N, 12)),
        (infer("Reshape", (UNKNOWN, 3, 4), vector(0, -1)), (UNKNOWN, 12)),
        (infer("Reshape", (128, 768), vector(UNKNOWN, 768)), (128, 768)),
        (infer("Reshape", UNKNOWN, W(3)), (UNKNOWN, UNKNOWN, UNKNOWN)),
        (infer("Reshape", (0, 3), vector(3, 0), allowzero=1), (3, 0)),
        (infer("Concat", (N, 3), (S, UNKNOWN), axis=0), (plus(N, S), 3)),
        (infer("Slice", (N, 8), vector(1), vector(2**63 - 1), vector(0)), (plus(N, -1), 8)),
        (infer("Slice", (N, 8), vector(-1), vector(2**63 - 1), vector(0)), (1, 8)),
        (infer("Split", (N, 12), outputs=3, axis=1), (N, 4)),
        (infer("Squeeze", (N, 1, 4), vector(1)), (N, 4)),
        (infer("Expand", (1, 1, 4), vector(N, S, 1)), (N, S, 4)),
        (infer("Resize", (N, 3, S, 8), OMITTED, vector(1.0, 1.0, 2.0, 2.0)), (N, 3, times(S, 2), 16)),
        (infer("Range", scalar(0), scalar(S), scalar(1)), (S,)),
        (infer("ReduceMean", (N, S, 768), axes=(-1,)), (N, S, 1)),
        (infer("LSTM", (S, N, 8), W(1, 64, 8), W(1, 64, 16), hidden_size=16), (S, 1, N, 16)),
        (infer("Attention", (N, S, 64), (N, S, 64), (N, S, 64), q_num_heads=8, kv_num_heads=8), (N, S, 64)),
        (infer("Einsum", (N, S, 64), W(64, 12, 8), equation="bsd,dhk->bshk"), (N, S, 12, 8)),
        (infer("com.microsoft::EmbedLayerNormalization", (N, S), OMITTED, W(30522, 768)), (N, S, 768)),
    ],
)  # fmt: skip
def test_open_extents(said: Said, shape: Shape) -> None:
    assert said.problems == ()
    assert said.shape == shape


@pytest.mark.parametrize(
    "said",
    [
        infer("Add", (N, 3), (S, 3)),
        infer("Add", (1, 16, 8, 8), (1, 16, 1, 1)),
        infer("Conv", (1, UNKNOWN, 8, 8), W(8, 4, 3, 3)),
        infer("MaxPool", (1, 3, N, S), kernel_shape=(11, 11)),
        infer("MaxPool", (1, 3, 8, 8), kernel_shape=(3, 3), auto_pad="SAME_UPPER", pads=(0, 0, 0, 0)),
        infer("Gather", (N, 4), vector(5)),
        infer("Reshape", (N, 512), vector(1, 512)),
        infer("Reshape", (N, 6), vector(-1, 4)),
        infer("Squeeze", (N, 4), vector(0)),
        infer("Softmax", (2, 10), axis=2, flattens=1),
        infer("GroupNormalization", (1, 32, 8, 8), W(4), W(4), num_groups=4),
        infer("LayerNormalization", (2, 5, 768), W(5, 768), W(5, 768), axis=1),
        infer("Slice", Given((4,), (N, 3, 8, 8)), vector(0), vector(0), vector(0)),
        infer("BatchNormalization", (1, 3, 8, 8), W(3), W(3), W(3), W(3), outputs=3),
    ],
)
def test_silence_on_what_may_be_right(said: Said) -> None:
    assert said.told == ()


def test_softmax_may_not_begin_behind_the_last_axis() -> None:
    assert [rule for rule, _ in infer("Softmax", (2, 10), axis=2).told] == ["rank-mismatch"]


@pytest.mark.parametrize(
    ("said", "elements"),
    [
        (infer("Shape", (N, 3, 8)), (N, 3, 8)),
        (infer("Shape", (N, 3, 8), start=1, end=-1), (3,)),
        (infer("Size", (N, 3, 8)), (times(N, 24),)),
        (infer("Gather", Given((3,), (N, 3, 8)), scalar(-1)), (8,)),
        (infer("Gather", Given((2, 2), (1, 2, 3, 4)), vector(1)), (3, 4)),
        (infer("Concat", Given((1,), (N,)), vector(-1), axis=0), (N, -1)),
        (infer("Concat", Given((1,)), vector(7), axis=0), (UNKNOWN, 7)),
        (infer("Slice", Given((4,), (N, 3, 8, 9)), vector(2), vector(2**63 - 1), vector(0)), (8, 9)),
        (infer("Slice", vector(1, 2, 3), vector(-1), vector(-(2**63)), vector(0), vector(-1)), (3, 2, 1)),
        (infer("Unsqueeze", Given((), (N,)), vector(0)), (N,)),
        (infer("Mul", Given((), (N,)), scalar(2)), (times(N, 2),)),
        (infer("Add", vector(1, 2), scalar(3)), (4, 5)),
        (infer("Sub", Given((1,), (N,)), Given((1,), (N,))), (0,)),
        (infer("Div", scalar(-7), scalar(2)), (-3,)),
        (infer("Div", scalar(7), scalar(0)), (UNKNOWN,)),
        (infer("Div", scalar(7.0), scalar(2.0)), (3.5,)),
        (infer("Mod", scalar(-7), scalar(3)), (2,)),
        (infer("Floor", scalar(2.5)), (2.0,)),
        (infer("Floor", scalar(2.9999999)), (UNKNOWN,)),
        (infer("Cast", vector(2.7, -2.7), to="int64"), (2, -2)),
        (infer("Cast", Given((1,), (N,)), to="int64"), (N,)),
        (infer("Cast", Given((1,), (N,)), to="float32"), (UNKNOWN,)),
        (infer("Cast", scalar(2**40), to="int32"), (UNKNOWN,)),
        (infer("Equal", vector(-1, 3), Given((2,), (N, 3))), (0, 1)),
        (infer("Where", Given((2,), (1, 0)), vector(5, 6), Given((2,), (N, S))), (5, S)),
        (infer("Max", Given((1,), (N,)), vector(0)), (N,)),
        (infer("Max", Given((1,), (N,)), vector(2)), (UNKNOWN,)),
        (infer("Not", vector(1, 0)), (0, 1)),
        (infer("ReduceProd", Given((3,), (N, 3, 8)), keepdims=0), (times(N, 24),)),
        (infer("ReduceMax", vector(3, 9, 4)), (9,)),
        (infer("Range", scalar(2), scalar(8), scalar(3)), (2, 5)),
        (infer("ConstantOfShape", vector(3), value=(1,)), (1, 1, 1)),
        (infer("Expand", scalar(4), vector(3)), (4, 4, 4)),
        (infer("Tile", vector(1, 2), vector(2)), (1, 2, 1, 2)),
        (infer("Transpose", Given((2, 3), (1, 2, 3, 4, 5, 6)), perm=(1, 0)), (1, 4, 2, 5, 3, 6)),
        (infer("Split", vector(1, 2, 3), vector(1, 2), outputs=2), (1,)),
        (infer("Neg", vector(3)), (-3,)),
    ],
)  # fmt: skip
def test_elements_flow_through_shape_chains(said: Said, elements: tuple[object, ...]) -> None:
    assert said.outcome.elements[0] == elements


def test_large_integers_do_not_flow() -> None:
    assert infer("Mul", scalar(2**62), scalar(4)).outcome.elements == ((UNKNOWN,),)


def test_no_elements_of_what_the_shape_promises_in_bulk() -> None:
    assert infer("ConstantOfShape", vector(2**40, 2**20)).outcome.elements == ()
    assert infer("Tile", vector(1, 2), vector(2**62)).outcome.elements == ()
    assert infer("Expand", scalar(1), vector(2**62)).outcome.elements == ()
    assert infer("Range", scalar(0), scalar(2**62), scalar(1)).outcome.elements == ()


def _branch(condition: int | None, then_shape: Shape, else_shape: Shape) -> Shape:
    elements = None if condition is None else (condition,)
    node = node_of("If", [Given((), elements), Given(then_shape), Given(else_shape)], {}, 1, "onnx")
    bodies = zip(("then_branch", "else_branch"), node.inputs[1:], strict=True)
    node.bodies = tuple(Body(name, (), (edge.value,)) for name, edge in bodies)
    arrived = Arrived([(), then_shape, else_shape], node, {})
    return operator("If").infer(node, arrived, _never).outputs[0]


def _never(problem: Problem) -> None:
    raise AssertionError(problem.message)


def test_branches_meet_in_what_they_agree_on() -> None:
    assert _branch(None, (N, 3, 8), (N, 4, 8)) == (N, UNKNOWN, 8)
    assert _branch(None, (N, 3), (N, 3, 1)) == UNKNOWN
    assert _branch(1, (N, 3), (N, 3, 1)) == (N, 3)
    assert _branch(0, (N, 3), (N, 3, 1)) == (N, 3, 1)


def test_a_loop_keeps_what_start_and_body_agree_on_and_stacks_the_rest() -> None:
    shapes: list[Shape] = [(), (), (N, 3), (), (N, 4), (7,)]
    node = node_of("Loop", [Given(shape) for shape in shapes], {}, 2, "onnx")
    node.bodies = (Body("body", (), tuple(edge.value for edge in node.inputs[3:])),)
    outputs = operator("Loop").infer(node, Arrived(shapes, node, {}), _never).outputs
    assert outputs == ((N, UNKNOWN), (UNKNOWN, 7))


def test_a_problem_names_where_its_inputs_come_from() -> None:
    (problem,) = infer("Conv", (1, 3, 8, 8), W(8, 4, 3, 3)).problems
    (weight, stored), (producer, given) = problem.related
    assert isinstance(weight, Value)
    assert (weight.name, stored) == ("x1", "`x1` is 8x4x3x3")
    assert (getattr(producer, "name", ""), given) == ("x0", "Input `x0` gives 1x3x8x8")
    assert isinstance(problem.place, Edge)


def test_symbols_are_equal_extents() -> None:
    result = infer("Sub", Given((1,), (times(N, S),)), Given((1,), (times(S, N),))).outcome.elements
    assert result == ((0,),)
    assert isinstance(times(N, S), Symbol)
