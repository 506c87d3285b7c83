"""The last step of a recurrent layer is taken along the axis of the batch."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, rule
from netlint.facts import Shapes
from netlint.facts.walk import downstream

_CELLS = ("aten::lstm", "aten::gru", "aten::rnn_tanh", "aten::rnn_relu", "LSTM", "GRU", "RNN")


@rule(severity="warning", on=_CELLS, needs=(Shapes,), dialects=("onnx", "torch"))
def rnn_batch_first(node: Node, ctx: Context) -> Iterator[Finding]:
    arriving = ctx[Shapes].input(node)
    first = node.get("batch_first", False) is True or node.get("layout", 0) == 1
    if first or not isinstance(arriving, tuple) or len(arriving) != 3 or not node.outputs:
        return
    steps, batch = arriving[:2]
    if not isinstance(batch, int) or batch <= 1:
        return
    # The second axis of all outputs, (steps, batch, features), holds the samples: nobody wants the last one alone.
    picks = [edge.node for edge in downstream(node.outputs[:1], lambda other: _hands_on(other, ctx[Shapes]))]
    if not picks or not all(_takes_last(pick, ctx[Shapes]) for pick in picks):
        return
    torch = node.dialect == "torch"
    yield ctx.finding(
        node,
        f"{node.label} reads its input as {steps} steps of {batch} samples, and {picks[0].label} takes the last of "
        f"axis 1 of what it gives, which is the last sample: the other {batch - 1} are dropped",
        related=[(picks[0], "this is meant to be the last step")],
        remedy="set `batch_first=True`, if samples come first; else take the last step with `[-1]`"
        if torch
        else "transpose the input, if samples come first; else take the last step along axis 0",
    )


def _hands_on(node: Node, shapes: Shapes) -> bool:
    """Changes nothing but the axis of directions (ONNX); `[:, ...]` is a slice that takes everything."""
    if node.op == "Squeeze":
        maker = node.inputs[0].producer if node.inputs else None
        return maker is not None and maker.op in ("LSTM", "GRU", "RNN")
    return node.op in ("Identity", "Dropout") or (node.op == "Slice" and shapes.input(node) == shapes.output(node))


def _takes_last(node: Node, shapes: Shapes) -> bool:
    shape = shapes.input(node)
    if not isinstance(shape, tuple) or len(shape) != 3:
        return False
    last: tuple[object, ...] = (-1, shape[1] - 1) if isinstance(shape[1], int) else (-1,)
    if node.op == "aten::select":
        return node.get("dim", 0) in (1, -2) and node.get("index", 0) in last
    if node.op == "Gather" and len(node.inputs) > 1 and node.get("axis", 0) in (1, -2):
        index = shapes.elements(node.inputs[1].value)
        return index is not None and len(index) == 1 and index[0] in last
    return False
