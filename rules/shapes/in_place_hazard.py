"""A layer overwrites a value that is still needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Model, Node, Value, rule
from netlint.facts import GradientFlow, Overwrite, Overwrites, Trainability
from netlint.ops import operator

#: A positive value stays positive and a zero loses its gradient anyway: backward of ReLU looks at the sign only.
_KEEPS_SIGN: Final = frozenset({"Relu", "LeakyRelu", "PRelu", "Elu", "Swish", "Tanh", "Clip", "Abs", "Dropout", "LRN"})
_LOOKS_AT_SIGN: Final = frozenset({"Relu", "LeakyRelu"})


@rule(severity="error", dialects=("caffe", "torch"), needs=(GradientFlow, Overwrites, Trainability))
def in_place_hazard(model: Model, ctx: Context) -> Iterator[Finding]:
    if model.dialect == "torch":
        yield from (_stops_backward(overwrite, ctx) for overwrite in ctx[Overwrites].found)
        return
    told: set[tuple[str, str]] = set()
    for node in model.nodes:
        for value in node.outputs:
            before = value.replaces
            if before is None:
                continue
            found = _read_elsewhere(node, value, before, ctx) or _by_itself(node, value, ctx)
            if found is not None:
                yield found
            elif before.producer is not None and (before.producer.op, node.op) not in told:
                found = _needed_backward(node, value, before.producer, before, ctx)
                # A pattern that runs through a whole network is told where it begins.
                if found is not None:
                    told.add((before.producer.op, node.op))
                    yield found


def _stops_backward(found: Overwrite, ctx: Context) -> Finding:
    writer, keeper = found.writer, found.keeper
    what = f"the output of {keeper.label}" if found.kept == "output" else f"what {keeper.label} has read"
    return ctx.finding(
        writer,
        f"{writer.label} overwrites {what}, which is needed again for its gradient: backward() stops with "
        '"modified by an inplace operation"'
        + (", unless autocast gives it a copy of another type" if found.spared_by_autocast else ""),
        related=[(keeper, f"its {found.kept} is kept for the backward pass")],
        remedy="leave the in-place form out: `inplace=False`, `x = x + y` in place of `x += y`, no underscore",
        severity="warning" if found.spared_by_autocast else None,
    )


def _read_elsewhere(node: Node, value: Value, before: Value, ctx: Context) -> Finding | None:
    """A blob with several readers is split, so that the overwriting becomes a second producer (insert_splits.cpp)."""
    weighs = _explicit_loss_weight(before)
    if len(before.uses) + weighs < 2:
        return None
    others = [edge for edge in before.uses if edge.node is not node]
    if others:
        reason, remedy = f"{others[0].node.label} reads too", f", or let {others[0].node.label} read the result"
    elif weighs:
        reason, remedy = "counts as a loss as well", ""
    else:
        reason, remedy = "it reads twice", ""
    return ctx.finding(
        value,
        f"{node.label} overwrites `{value.name}`, which {reason}: Caffe splits a blob of several uses, so the net is "
        'refused with "produced by multiple sources"',
        related=[(edge, f"{edge.node.label} reads the same value") for edge in others[:3]],
        remedy=f"give the `top` of {node.label} a name of its own{remedy}",
        node=node,
    )


def _explicit_loss_weight(value: Value) -> bool:
    if value.producer is None or "loss_weight" not in value.producer.attrs:
        return False
    weights = value.producer.get("loss_weight", ())
    return isinstance(weights, tuple) and value.slot < len(weights) and weights[value.slot] not in (0, 0.0)


def _by_itself(node: Node, value: Value, ctx: Context) -> Finding | None:
    """The operator itself cannot bear to be in place."""
    how = _in_place(node)
    if how in ("skews-gradient", "loses-gradient") and not (
        ctx[Trainability].training and ctx[GradientFlow].passes(node)
    ):
        return None
    cost = {
        "refused": "Caffe refuses that for this layer",
        "corrupts": "Caffe does not object, but the layer reshapes or overwrites what it has yet to read",
        "loses-gradient": "its backward pass overwrites the gradient before it has used it, so that nothing true "
        "reaches the layers below",
        "skews-gradient": "its backward pass computes the slope from the input and finds the output there, so that "
        "the gradient below is wrong",
    }.get(how)
    if cost is None:
        return None
    return ctx.finding(
        value,
        f"{node.label} writes its output over its own input `{value.name}`: {cost}",
        remedy="give the `top` a name of its own",
        severity="warning" if how == "skews-gradient" else "error",
        node=node,
    )


def _in_place(node: Node) -> str:
    """The operator's trait, but for the settings that change it."""
    if node.op in ("Concat", "Split") and len(node.inputs) == len(node.outputs) == 1:
        return "safe"  # One piece is handed on as it is.
    if node.op == "MeanVarianceNormalization" and node.get("normalize_variance", True) is False:
        return "safe"
    if node.op == "LeakyRelu":
        slope = node.get("alpha", 0.0)
        return "skews-gradient" if isinstance(slope, int | float) and slope < 0 else "safe"
    return operator(node.op).in_place


def _needed_backward(node: Node, value: Value, producer: Node, before: Value, ctx: Context) -> Finding | None:
    """What is overwritten is an output that its producer's backward pass computes with."""
    flow = ctx[GradientFlow]
    if not ctx[Trainability].training or not flow.passes(producer) or not flow.reaches(node):
        return None
    if _needs_output(producer) and _changes(node, producer):
        need = "computes with it"
    elif producer.op in _LOOKS_AT_SIGN and before.replaces is not None and _changes_sign(node):
        need = "looks at its sign (it is in place itself, so no copy of its input is left)"
    else:
        return None
    return ctx.finding(
        value,
        f"{node.label} overwrites `{value.name}`, the output of {producer.label}, whose backward pass {need}: the "
        f"gradient below {producer.label} is wrong",
        related=[(producer, "its output is needed again in the backward pass")],
        remedy=f"give the `top` of {node.label} a name of its own, here and wherever a {node.dialect_op} follows a "
        f"{producer.dialect_op} in place",
        severity="warning",
        node=node,
    )


def _needs_output(producer: Node) -> bool:
    if producer.op == "MeanVarianceNormalization" and producer.get("normalize_variance", True) is False:
        return False
    return operator(producer.op).backward_reads_output


def _changes(node: Node, producer: Node) -> bool:
    described = operator(node.op)
    if not described.name or (node.op == "Dropout" and node.get("ratio", 0.5) == 0):
        return False
    if node.op == "Relu":
        # What it sets to 0 gets no gradient; only a normaliser mixes the elements again.
        return producer.op == "MeanVarianceNormalization"
    bounds = operator(producer.op).activation
    # What is never negative passes a leaky ReLU unchanged.
    positive = producer.op == "Softmax" or (bounds is not None and bounds.low >= 0)
    return not (positive and node.op in ("LeakyRelu", "PRelu"))


def _changes_sign(node: Node) -> bool:
    if node.op == "caffe::Power":
        return node.get("shift", 0.0) not in (0, 0.0)
    if node.op == "caffe::Scale":
        return node.param("bias") is not None
    return bool(operator(node.op).name) and node.op not in _KEEPS_SIGN
