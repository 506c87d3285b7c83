"""A mask constant that is infinite in half precision."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Ranges
from netlint.facts.ranges import OFTEN

#: The largest finite 16-bit float; what rounds to more is infinite.
_LARGEST = 65504.0


@rule(severity="warning", beyond=True, on=("Mul", "Cast", "Add", "Where"), needs=(Ranges,))
def fp16_mask_overflow(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.outputs:
        return
    ranges, dtype = ctx[Ranges], node.outputs[0].dtype
    if node.op == "Mul" and dtype == "float16":
        yield from _times_infinity(node, ctx, ranges)
    elif node.op == "Cast" and node.get("to", "") == "float16":
        known = ranges.at(node, 0)
        if known.attained and _beyond(known.low, known.high) and _reaches_softmax(node):
            yield _told(node, ctx, f"{node.label} casts a mask of {known} to half precision")
    elif node.op in ("Add", "Where") and dtype == "float32" and ctx.model.task.profile == "fp16":
        for edge in node.inputs[node.op == "Where" :]:
            known = ranges[edge.value]
            if edge.value.stored and _beyond(known.low, known.high) and _reaches_softmax(node):
                yield _told(node, ctx, f"{node.label} masks with {known.low:g}")
                return


def _times_infinity(node: Node, ctx: Context, ranges: Ranges) -> Iterator[Finding]:
    for edge, other in zip(node.inputs, reversed(node.inputs), strict=True):
        known = ranges[edge.value]
        if not known.constant or abs(known.low) != float("inf") or ranges[other.value].zeros != OFTEN:
            continue
        yield ctx.finding(
            edge,
            f"{node.label} multiplies a mask that is 0 in places by {known.low:g}, which was a large finite number "
            "before the conversion to half precision: 0 times infinity is NaN",
            remedy="use -65504, the smallest half-precision number",
            node=node,
        )
        return


def _told(node: Node, ctx: Context, what: str) -> Finding:
    return ctx.finding(
        node,
        f"{what}: beyond 65504 that is minus infinity in half precision, and a softmax over a row that is masked "
        "throughout gives NaN",
        remedy="use -65504, the smallest half-precision number",
    )


def _beyond(low: float, high: float) -> bool:
    infinite = float("inf")
    return -infinite < low < -_LARGEST or _LARGEST < high < infinite


def _reaches_softmax(node: Node) -> bool:
    """Through sums, masks and reshapes, a few steps down."""
    waiting, seen = [node], 0
    while waiting and seen < 64:
        seen += 1
        for after in waiting.pop().successors:
            if after.op == "Softmax":
                return True
            if after.op in ("Add", "Mul", "Where", "Reshape", "Unsqueeze", "Expand", "Transpose", "Slice", "Identity"):
                waiting.append(after)
    return False
