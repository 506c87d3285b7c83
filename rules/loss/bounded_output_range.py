"""The last activation of a regression cannot reach every target."""

from collections.abc import Iterator
from typing import Final

from netlint import Context, Finding, Node, Value, rule
from netlint.facts import GradientFlow, Paths, Semantics

_RANGES: Final = {"Sigmoid": "between 0 and 1", "Tanh": "between -1 and 1", "Relu": "0 or more"}


@rule(severity="info", on=("MSELoss", "L1Loss"), needs=(GradientFlow, Paths, Semantics))
def bounded_output_range(node: Node, ctx: Context) -> Iterator[Finding]:
    sides = ctx[Semantics].sides(node)
    # A loss of weight 0 only measures.
    if sides is None or node not in ctx[GradientFlow].losses:
        return
    prediction, target = sides
    last = ctx[Paths].direct_source(prediction)
    # An autoencoder's target is its own input, scaled for the purpose.
    if last is None or last.op not in _RANGES or not _origins(prediction.value).isdisjoint(_origins(target.value)):
        return
    yield ctx.finding(
        last,
        f"{last.label} ends the prediction, so {node.label} can only be given values that are {_RANGES[last.op]}: "
        f"targets in `{target.value.name}` outside of that range are never reached",
        related=[(target, "the targets")],
        remedy="end a regression linearly, or make sure that the targets are scaled to that range",
    )


def _origins(value: Value) -> set[Value]:
    """The data that this value is computed from."""
    found: set[Value] = set()
    seen: set[Value] = set()
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if current in seen:
            continue
        seen.add(current)
        inputs = current.producer.inputs if current.producer is not None else []
        if inputs:
            waiting.extend(edge.value for edge in inputs)
        else:
            found.add(current)
    return found
