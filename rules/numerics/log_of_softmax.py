"""The logarithm of a softmax or sigmoid, computed in two steps."""

from collections.abc import Iterator

from netlint import Context, Finding, Node, Value, rule
from netlint.facts import Ranges, Semantics
from netlint.facts.semantics import Meaning


@rule(severity="warning", on=("Log",), needs=(Ranges, Semantics))
def log_of_softmax(node: Node, ctx: Context) -> Iterator[Finding]:
    if not node.inputs or node.attrs:
        return
    ranges, value = ctx[Ranges], node.inputs[0].value
    bounded = False
    meaning = ctx[Semantics].of(value)
    if not meaning.squash:
        beneath = _beneath(value, ranges)
        if beneath is None:
            return
        bounded, inner = beneath
        meaning = ctx[Semantics].of(inner)
    if not meaning.squash or meaning.by is None:
        return
    if _kept_finite(node):
        return
    yield ctx.finding(
        node,
        f"{node.label} takes the logarithm of {meaning.by.label}"
        + (
            ", kept away from 0: what is below that bound has lost its differences and gets no gradient"
            if bounded
            else ": unlikely classes have a probability that rounds to 0, and their logarithm is minus infinity "
            "instead of a plain large number"
        ),
        related=[(meaning.by, "rounded here")],
        remedy=_remedy(meaning),
        severity="info" if bounded else None,
    )


def _kept_finite(node: Node) -> bool:
    """Minus infinity goes no further: the logarithm is clipped (PyTorch's binary cross-entropy), or its product with
    the probability is replaced where that is 0 (PyTorch's `xlogy`, written out)."""
    readers = list(node.successors)
    if not readers:
        return False
    if all(reader.op in ("Max", "Clip") for reader in readers):
        return True
    behind = [after.op for reader in readers for after in reader.successors]
    return all(reader.op == "Mul" for reader in readers) and bool(behind) and set(behind) == {"Where"}


def _beneath(value: Value, ranges: Ranges) -> tuple[bool, Value] | None:
    """Whether a bound or an epsilon lies above a probability or its complement `1 - p`, and the probability."""
    node = value.producer
    if node is None or not node.inputs:
        return None
    if node.op in ("Clip", "Max"):
        return True, node.inputs[0].value
    if node.op == "Add" and len(node.inputs) == 2:
        # Only a small number keeps away from 0; others make something else of it.
        for slot in (0, 1):
            added = ranges.number(node, slot)
            if added is not None and 0 < added < 1e-2:
                return True, node.inputs[1 - slot].value
    if node.op == "Sub" and len(node.inputs) == 2 and ranges.number(node, 0) == 1:
        return False, node.inputs[1].value
    return None


def _remedy(meaning: Meaning) -> str:
    if meaning.squash == "softmax":
        return "replace both by LogSoftmax on what the softmax reads"
    return "compute -softplus(-x), of the complement -softplus(x), on what the sigmoid reads"
