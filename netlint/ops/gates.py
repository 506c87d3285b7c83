"""Recurrent layers with their weights as inputs, as ONNX has it: `LSTM`, `GRU`, `RNN`."""

from __future__ import annotations

from netlint.model import UNKNOWN, Dim, Node, Shape, Unknown, spell, times
from netlint.ops.arithmetic import called, refused, undetermined, unlike
from netlint.ops.operator import Arrived, Operator, Outcome, Report, ShapeFunction
from netlint.ops.steps import stepwise

_WEIGHTS = {1: "weight", 2: "recurrent_weight", 3: "bias"}


def gated(gates: int) -> ShapeFunction:
    """The shape function of a recurrent layer with `gates` gates.

    `X (T, N, I), W (D, gates H, I), R (D, gates H, H), B (D, 2 gates H) -> Y (T, D, N, H), the last state (D, N, H)`,
    for an LSTM also the last cell; with `layout` 1 the batch stands first (ONNX RNN, GRU, LSTM).
    """

    def infer(node: Node, inputs: Arrived, report: Report) -> Outcome:
        shape = inputs[0] if inputs else UNKNOWN
        if isinstance(shape, tuple) and len(shape) != 3:
            return refused(
                node,
                inputs,
                report,
                "rank-mismatch",
                f"{node.label} reads a sequence of 3 axes (time, batch, features), but gets {spell(shape)}",
                remedy="give the sequence a time, a batch and a feature axis",
            )
        hidden = node.get("hidden_size", UNKNOWN)
        size: Dim = hidden if isinstance(hidden, int) else UNKNOWN
        recurrent = inputs[2] if len(inputs) > 2 else UNKNOWN
        if isinstance(size, Unknown) and isinstance(recurrent, tuple) and len(recurrent) == 3:
            size = recurrent[2]
        directions: Dim = 2 if node.get("direction", "forward") == "bidirectional" else 1
        if isinstance(node.get("direction", ""), Unknown):
            directions = UNKNOWN
        features = shape[2] if isinstance(shape, tuple) else UNKNOWN
        wide = times(size, gates)
        wanted = (
            (1, "weight", (directions, wide, features)),
            (2, "recurrent weight", (directions, wide, size)),
            (3, "bias", (directions, times(wide, 2))),
        )
        for slot, what, needed in wanted:
            if slot < len(inputs) and inputs.given(slot) and not _fits(inputs[slot], needed):
                return _misfit(node, inputs, report, slot, what, needed)
        turned = node.get("layout", 0) == 1
        steps, batch = (UNKNOWN, UNKNOWN) if isinstance(shape, Unknown) else shape[:2]
        if turned:
            steps, batch = batch, steps
        state = (batch, directions, size) if turned else (directions, batch, size)
        for slot in (5, 6) if gates == 4 else (5,):
            if slot < len(inputs) and inputs.given(slot) and not _fits(inputs[slot], state):
                return _misfit(node, inputs, report, slot, "initial state", state)
        every = (batch, steps, directions, size) if turned else (steps, directions, batch, size)
        return Outcome((every, state, state)[: len(node.outputs)])

    return infer


def _fits(shape: Shape, needed: tuple[Dim, ...]) -> bool:
    return isinstance(shape, Unknown) or not unlike(shape, needed)


def _misfit(node: Node, inputs: Arrived, report: Report, slot: int, what: str, needed: tuple[Dim, ...]) -> Outcome:
    given = inputs[slot]
    features = slot == 1 and isinstance(given, tuple) and _fits(given[:2], needed[:2])
    if len(needed) == 3 and slot < 4:
        meaning = "directions x gates * hidden_size x " + ("features" if slot == 1 else "hidden_size")
    elif slot == 3:
        meaning = "directions x 2 * gates * hidden_size"
    else:
        meaning = "directions, batch and hidden_size"
    name = "dense-input-mismatch" if features else "merge-shape-mismatch" if slot > 3 else "invalid-geometry"
    if features:
        made_for = given[-1] if isinstance(given, tuple) else UNKNOWN
        text = (
            f"the weight of {node.label} is {spell(given)}, made for {made_for} features, but the sequence "
            f"{spell(inputs[0])} has {needed[2]}"
        )
    else:
        text = (
            f"the {what} of {node.label}, {called(node, slot)}, is {spell(given)}, but the layer needs {spell(needed)} "
            f"({meaning})"
        )
    return refused(
        node,
        inputs,
        report,
        name,
        text,
        slots=(slot, 0) if features else (slot,),
        remedy=f"give the {what} the shape {spell(needed)}, or mend `hidden_size` and `direction`",
    )


def by_weights(node: Node, inputs: Arrived, report: Report, gates: int) -> Outcome:
    """A recurrent layer of so many gates."""
    return _LAYERS[gates](node, inputs, report) if inputs else undetermined(node)


_LAYERS = {gates: gated(gates) for gates in (1, 3, 4)}


def gru(node: Node, inputs: Arrived, report: Report) -> Outcome:
    """Three gates."""
    if "return_sequences" in node.attrs:
        return stepwise(node, inputs, report, 3, 1)
    return by_weights(node, inputs, report, 3)


OPERATORS = (Operator("GRU", gru, kind="weighted", roles=_WEIGHTS),)
