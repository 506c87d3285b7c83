"""Weights start with one sign: every unit computes nearly the same sum."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, rule
from netlint.facts import Gates, Shapes, Trainability
from netlint.model import Initializer, Unknown, product

#: The variance of a normal distribution of deviation 1 that is cut off at 2.
_CUT_OFF: Final = 0.7737


@rule(severity="warning", learning=True, on=("Conv", "ConvTranspose", "Gemm"), needs=(Gates, Shapes, Trainability))
def positive_only_init(node: Node, ctx: Context) -> Iterator[Finding]:
    weight, trainability = node.param("weight"), ctx[Trainability]
    if weight is None or not weight.trainable or weight.constraint is not None:
        return
    if trainability.fine_tuning:
        return
    moments, fan = _moments(weight.initializer), _fan_in(node, ctx)
    if moments is None or fan is None or fan < 2:
        return
    mean, variance = moments
    # The common part of all units against what tells them apart.
    if not fan * mean * mean > 4 * variance:
        return
    gate = ctx[Gates].squeezed_by(node)
    saturates = gate is not None and gate.excite is not node and fan * abs(mean) >= 10
    yield ctx.finding(
        next((weight.initializer.fields[name] for name in ("mean", "min") if name in weight.initializer.fields), None)
        or weight.initializer,
        f"the weights of {node.label} start around {mean:.3g} instead of 0: each unit adds up its {fan:,} inputs, so "
        f"all of them start with nearly the same value, about {fan * mean:.3g} times that of an input"
        + (f", and {gate.squash.label} behind it starts saturated" if gate is not None and saturates else ""),
        related=[(gate.squash, "the gate that this layer feeds")] if gate is not None and saturates else [],
        remedy="start the weights around 0"
        + (": give the filler a `min` below 0, or use xavier" if node.dialect == "caffe" else ", with He or Glorot"),
        node=node,
    )


def _moments(start: Initializer) -> tuple[float, float] | None:
    """Mean and variance of the distribution; None where it is another one, or not known."""
    if any(isinstance(field.value, Unknown) for field in start.fields.values()) or "sparse" in start.fields:
        return None
    if start.kind in ("normal", "truncated_normal"):
        share = _CUT_OFF if start.kind == "truncated_normal" else 1.0
        return start.number("mean", 0.0), share * start.number("std", 1.0) ** 2
    if start.kind == "uniform":
        low, high = start.number("min", 0.0), start.number("max", 1.0)
        return (low + high) / 2, (high - low) ** 2 / 12
    return None


def _fan_in(node: Node, ctx: Context) -> int | None:
    weight = node.param("weight")
    shape = ctx[Shapes].param(node, weight) if weight is not None else ()
    if not isinstance(shape, tuple) or len(shape) < 2:
        return None
    turned = node.op == "ConvTranspose" or (node.op == "Gemm" and node.get("transpose", False) is True)
    fan = product((shape[0], *shape[2:])) if turned and len(shape) > 2 else shape[0] if turned else product(shape[1:])
    return fan if isinstance(fan, int) else None
