"""Matrix products: `Gemm` with its operands as inputs, `MatMul` and its quantised and fused relatives."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, spell
from netlint.ops.arithmetic import MOST_AXES, called, differ, refused, undetermined
from netlint.ops.broadcast import wider
from netlint.ops.operator import Arrived, Operator, Outcome, Report, ShapeFunction


def matrices(a: int = 0, b: int = 1) -> ShapeFunction:
    """The shape function of a product of inputs `a` and `b` as numpy has it: the last two axes are matrices, the
    others broadcast, a vector is a row on the left and a column on the right (ONNX MatMul)."""

    def infer(node: Node, inputs: Arrived, report: Report) -> Outcome:
        left = inputs[a] if a < len(inputs) else UNKNOWN
        right = inputs[b] if b < len(inputs) else UNKNOWN
        return multiplied(node, inputs, report, left, right, (a, b))

    return infer


def multiplied(
    node: Node, inputs: Arrived, report: Report, left: Shape, right: Shape, slots: tuple[int, int]
) -> Outcome:
    """The product of two shapes; `slots` are where they come from."""
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return undetermined(node)
    if not left or not right:
        return refused(
            node,
            inputs,
            report,
            "rank-mismatch",
            f"{node.label} multiplies {spell(left)} by {spell(right)}: a scalar is no matrix",
            slots=slots,
            remedy="use Mul for a product with a number",
        )
    inner, other = left[-1], right[-2] if len(right) > 1 else right[0]
    if inner != other and differ(inner, other):
        stored = node.inputs[slots[1]].value.stored
        return refused(
            node,
            inputs,
            report,
            "matmul-mismatch",
            f"{node.label} multiplies {called(node, slots[0])} {spell(left)} by {called(node, slots[1])} "
            f"{spell(right)}: the inner extents are {inner} and {other}",
            slots=(slots[1], slots[0]) if stored else slots,
            remedy="make the last axis of the first operand equal the second last of the second one, for instance by "
            "transposing one of them",
        )
    if len(right) == 2:
        return Outcome(((*left[:-1], right[1]),) * len(node.outputs))
    columns = () if len(right) == 1 else (right[-1],)
    rows = () if len(left) == 1 else (left[-2],)
    if max(len(left), len(right)) > MOST_AXES:
        return undetermined(node)
    batch = wider(left[:-2], right[:-2])
    if batch is None:
        return refused(
            node,
            inputs,
            report,
            "matmul-mismatch",
            f"{node.label} multiplies {called(node, slots[0])} {spell(left)} by {called(node, slots[1])} "
            f"{spell(right)}: the axes before the matrices do not broadcast",
            slots=slots,
            remedy="make the batch axes agree, or let one of them be 1",
        )
    return Outcome(((*batch, *rows, *columns),) * len(node.outputs))


def dense(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`A (M, K), B (K, N), perhaps C -> (M, N)`, `transA` and `transB` swapping; C broadcasts (ONNX Gemm)."""
    left, right = inputs[0] if inputs else UNKNOWN, inputs[1] if len(inputs) > 1 else UNKNOWN
    for slot, shape in ((0, left), (1, right)):
        if isinstance(shape, tuple) and len(shape) != 2:
            # Operator sets below 7 allow nothing else either, but runtimes flattened what came.
            return refused(
                node,
                inputs,
                report,
                "rank-mismatch",
                f"{node.label} needs a matrix from {called(node, slot)}, but gets {spell(shape)}",
                slots=(slot,),
                remedy="flatten it first, or use MatMul",
            )
    turn_left, turn_right = node.get("transA", 0), node.get("transB", 0)
    if not isinstance(turn_left, int) or not isinstance(turn_right, int):
        return undetermined(node)
    rows, inner = _sides(left, turn_left != 0)
    other, columns = _sides(right, turn_right != 0)
    if inner != other and differ(inner, other):
        stored = node.inputs[1].value.stored
        return refused(
            node,
            inputs,
            report,
            "dense-input-mismatch" if stored else "matmul-mismatch",
            (
                f"the weight of {node.label} is {spell(right)}, made for {other} features, but "
                f"{called(node, 0)} {spell(left)} has {inner}"
                if stored
                else f"{node.label} multiplies {called(node, 0)} {spell(left)} by {called(node, 1)} {spell(right)}: "
                f"the inner extents are {inner} and {other}"
            )
            + _turned(turn_left, turn_right),
            slots=(1, 0) if stored else (0, 1),
            remedy=f"give the weight {inner} input features, or check transA and transB"
            if stored
            else "make the inner extents agree, or check transA and transB",
        )
    added = inputs[2] if len(inputs) > 2 and inputs.given(2) else ()
    if isinstance(added, tuple) and added and "broadcast" not in node.attrs:
        result = wider((rows, columns), added)
        if len(added) > 2 or result is None or any(map(differ, result, (rows, columns))):
            return refused(
                node,
                inputs,
                report,
                "merge-shape-mismatch",
                f"{node.label} gives {spell((rows, columns))} and adds {called(node, 2)} {spell(added)}, which does "
                "not broadcast to it",
                slots=(2,),
                remedy=f"give the bias {columns} elements",
            )
    return Outcome(((rows, columns),) * len(node.outputs))


def _sides(shape: Shape, turned: bool) -> tuple[Dim, Dim]:
    if isinstance(shape, Unknown):
        return UNKNOWN, UNKNOWN
    return (shape[1], shape[0]) if turned else (shape[0], shape[1])


def _turned(left: int, right: int) -> str:
    names = [name for name, value in (("transA", left), ("transB", right)) if value]
    return f" (with {' and '.join(names)})" if names else ""


def fused(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """`MatMul` of operands of which `transA` and `transB` swap the last two axes, and the batch forms move the first
    axes (onnxruntime FusedMatMul)."""
    left, right = inputs[0] if inputs else UNKNOWN, inputs[1] if len(inputs) > 1 else UNKNOWN
    if node.get("transBatchA", 0) != 0 or node.get("transBatchB", 0) != 0:
        return undetermined(node)
    return multiplied(
        node, inputs, report, _swapped(left, node.get("transA", 0)), _swapped(right, node.get("transB", 0)), (0, 1)
    )


def _swapped(shape: Shape, turned: object) -> Shape:
    if turned == 0 or isinstance(shape, Unknown) or len(shape) < 2:
        return shape
    return (*shape[:-2], shape[-1], shape[-2]) if turned == 1 else UNKNOWN


_WEIGHT = {1: "weight"}

OPERATORS = (
    Operator("MatMul", matrices(), kind="weighted", roles=_WEIGHT, linear=True),
    Operator("MatMulInteger", matrices(), kind="weighted", roles=_WEIGHT, linear=True),
    Operator("QLinearMatMul", matrices(0, 3), kind="weighted", roles={3: "weight"}, linear=True),
    Operator("com.microsoft::FusedMatMul", fused, kind="weighted", roles=_WEIGHT, linear=True),
    Operator("com.microsoft::TransposeMatMul", fused, kind="weighted", roles=_WEIGHT, linear=True),
    Operator("com.microsoft::MatMulIntegerToFloat", matrices(), kind="weighted", roles=_WEIGHT),
    Operator("com.microsoft::DynamicQuantizeMatMul", matrices(), kind="weighted", roles=_WEIGHT),
    Operator("com.microsoft::FusedGemm", dense, kind="weighted", roles={1: "weight", 2: "bias"}),
)
